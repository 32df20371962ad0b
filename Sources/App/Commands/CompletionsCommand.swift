package import ArgumentParser

/// `martlet completions bash|zsh|fish`.
package struct CompletionsCommand: ParsableCommand {
    enum Shell: String, ExpressibleByArgument, CaseIterable {
        case bash
        case zsh
        case fish
    }

    package static let configuration = CommandConfiguration(
        commandName: "completions",
        abstract: "Print a shell's completions of all commands and options.",
        discussion: """
            bash: source <(martlet completions bash). zsh: put the output as _martlet into a directory of $fpath. \
            fish: martlet completions fish > ~/.config/fish/completions/martlet.fish.
            """
    )

    @Argument(help: "bash, zsh or fish.")
    var shell: Shell

    package init() {}

    package func run() throws {
        let kind: CompletionShell =
            switch shell {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        print(Martlet.completionScript(for: kind))
    }
}
