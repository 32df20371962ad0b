import OfflineCommands

/// The commands that need no daemon, as a program of their own for development.
await OfflineCommand.start()
