import GoTemplate
import SemanticVersion
import StructuredValue

extension SprigLibrary {
    static let versions: [GoFunction] = [
        GoFunction("semver", [.string]) { arguments, _ throws(GoFailure) in
            .object(VersionObject(try version(arguments.string(0))))
        },
        GoFunction("semverCompare", [.string, .string]) { arguments, _ throws(GoFailure) in
            let range: SemanticVersionRange
            do throws(SemanticVersionError) { range = try SemanticVersionRange(parsing: arguments.string(0)) } catch {
                throw GoFailure(error.message)
            }
            return .bool(range.contains(try version(arguments.string(1))))
        },
    ]

    private static func version(_ text: String) throws(GoFailure) -> SemanticVersion {
        do throws(SemanticVersionError) { return try SemanticVersion(parsing: text) } catch {
            throw GoFailure(error.message)
        }
    }
}

/// What `semver` gives: a version with Masterminds' methods.
final class VersionObject: GoObject {
    let version: SemanticVersion
    init(_ version: SemanticVersion) { self.version = version }

    static let type = GoType.object("*semver.Version", isNilable: true)

    static func version(_ value: GoValue) -> SemanticVersion? {
        if case .object(let object) = value { (object as? VersionObject)?.version } else { nil }
    }

    var typeName: String { "*semver.Version" }
    var kindName: String { "ptr" }
    var text: String { version.description }
    var document: Value { .string(version.description) }
    func isEqual(to other: any GoObject) -> Bool { (other as? VersionObject)?.version.original == version.original }

    func method(_ name: String) -> GoFunction? {
        let version = version
        func number(_ value: UInt64) -> GoFunction {
            GoFunction(name, []) { _, _ in .sized(Int(bitPattern: UInt(value)), .uint64) }
        }
        func text(_ value: String) -> GoFunction { GoFunction(name, []) { _, _ in .string(value) } }
        func compared(_ result: @escaping @Sendable (Int) -> GoValue) -> GoFunction {
            GoFunction(name, [Self.type]) { arguments, _ throws(GoFailure) in
                guard let other = Self.version(arguments[0]) else { throw GoFailure(nilDereference) }
                return result(version.compare(to: other))
            }
        }
        func raised(_ raise: @escaping @Sendable () throws(SemanticVersionError) -> SemanticVersion) -> GoFunction {
            GoFunction(name, []) { _, _ throws(GoFailure) in
                do throws(SemanticVersionError) { return .object(VersionObject(try raise())) } catch {
                    throw GoFailure(error.message)
                }
            }
        }
        switch name {
        case "Major": return number(version.major)
        case "Minor": return number(version.minor)
        case "Patch": return number(version.patch)
        case "Prerelease": return text(version.prerelease)
        case "Metadata": return text(version.buildMetadata)
        case "Original": return text(version.original)
        case "String": return text(version.description)
        case "Compare": return compared { .int($0) }
        case "Equal": return compared { .bool($0 == 0) }
        case "LessThan": return compared { .bool($0 < 0) }
        case "LessThanEqual": return compared { .bool($0 <= 0) }
        case "GreaterThan": return compared { .bool($0 > 0) }
        case "GreaterThanEqual": return compared { .bool($0 >= 0) }
        case "IncPatch": return raised { () throws(SemanticVersionError) in try version.incrementingPatch() }
        case "IncMinor": return raised { () throws(SemanticVersionError) in try version.incrementingMinor() }
        case "IncMajor": return raised { () throws(SemanticVersionError) in try version.incrementingMajor() }
        default: return nil
        }
    }
}
