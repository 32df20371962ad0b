import APIStore
import ClusterAPIConversion
import HTTPServer
import KubernetesModel
import SourceDiagnostics
import StructuredValue
import YAMLFormat

/// Why a body cannot be read as an object of its kind.
struct DecodeProblem: Error { var message: String }

/// An object read from a request: of the right type, complete with defaults, without what its type does not know.
struct DecodedObject {
    var value: Value
    /// Sentences about unknown and duplicate fields.
    var doubts: [String]
}

extension ServedResource {
    /// Reads a value as this resource's kind. `apiVersion` and `kind` are not judged here.
    ///
    /// - Parameter isMerged: The value was made by an apply, whose nulls are validated like any value.
    func decode(_ value: Value, isMerged: Bool = false) throws(DecodeProblem) -> DecodedObject {
        var unknown: [String]
        var result: Value
        switch origin {
        case .builtIn(let shape):
            var reader = ShapeReader()
            do { result = try reader.read(value, as: shape) } catch { throw DecodeProblem(message: error.message) }
            unknown = reader.unknownFields
            // An empty list is sent on purpose here: it forgets all owners.
            if value[path: "metadata", "managedFields"]?.array?.isEmpty == true {
                result[path: "metadata", "managedFields"] = [[:]]
            }
            result["kind"] = .string(kind)
            result["apiVersion"] = .string(gvk.apiVersion)
            if kind == "CustomResourceDefinition" { unknown += DefinitionSchemaText.clean(&result) }
            KindRules.applyDefaults(&result, of: self)
        case .custom(let version):
            guard case .object(let object) = value else {
                throw DecodeProblem(
                    message: "json: cannot unmarshal \(value.typeName) into Go value of type map[string]interface {}"
                )
            }
            var reader = ShapeReader()
            var metadata = Value.object(Object())
            if let given = object["metadata"], !given.isNull {
                do throws(ShapeReader.Problem) {
                    guard case .object = given else {
                        throw ShapeReader.Problem(
                            message:
                                "json: cannot unmarshal \(ShapeReader.goKind(given)) into Go struct field .metadata of type v1.ObjectMeta"
                        )
                    }
                    metadata = try reader.read(given, as: BuiltInTypes.type("ObjectMeta"), path: "metadata")
                } catch { throw DecodeProblem(message: error.message) }
            }
            unknown = reader.unknownFields
            result = value
            result["metadata"] = nil
            let written = GroupVersionKind(
                apiVersion: object["apiVersion"]?.string ?? "",
                kind: object["kind"]?.string ?? ""
            )
            // What says to be of another kind is not judged by this one's schema.
            let isOwn = written.group == group && written.kind == kind
            if !isOwn {
                result["metadata"] = metadata
                return DecodedObject(value: result, doubts: unknown.sorted().map { "unknown field \"\($0)\"" })
            }
            if let schema = version.schemas[written.version] {
                unknown += schema.prune(&result)
                schema.applyDefaults(&result, dropsNulls: !isMerged)
                if let why = schema.embeddedMisfit(in: result) { throw DecodeProblem(message: why) }
            } else {
                unknown += ObjectSchema.empty.prune(&result)
            }
            result["metadata"] = metadata
        }
        return DecodedObject(value: result, doubts: unknown.sorted().map { "unknown field \"\($0)\"" })
    }

    /// A stored object in this version: `None` conversion, with what its schema adds and drops.
    func presented(_ object: StoredObject) -> Value {
        switch origin {
        case .builtIn: EventForms.convert(object.value, to: self)
        case .custom(let version): version.present(object.value, writtenAt: object.revision, as: gvk.apiVersion)
        }
    }

    /// Whether a stored object is answered as it stands.
    func isPresentedAsStored(_ object: StoredObject) -> Bool {
        guard object.apiVersion == gvk.apiVersion else { return false }
        guard let custom else { return true }
        return object.revision > custom.activeSince
    }

    /// The form in which an object of this version is stored.
    func stored(_ value: Value) -> Value {
        switch origin {
        case .builtIn: return EventForms.stored(value, from: self)
        case .custom(let version):
            if value["apiVersion"]?.string == version.storageVersion { return value }
            // What the stored version does not know is lost, as when a real server reads the object back.
            var value = value
            if let conversion = version.conversion {
                let name = GroupVersionKind(apiVersion: version.storageVersion, kind: "").version
                value = conversion.convert(value, to: name) { version.served[$0] }
            }
            let metadata = value["metadata"]
            value["metadata"] = nil
            value["apiVersion"] = .string(version.storageVersion)
            if let schema = version.schemas[GroupVersionKind(apiVersion: version.storageVersion, kind: "").version] {
                _ = schema.prune(&value)
                schema.applyDefaults(&value)
            }
            value["metadata"] = metadata
            return value
        }
    }
}

extension CustomVersion {
    func present(_ value: Value, writtenAt revision: Int, as apiVersion: String) -> Value {
        let stored = value["apiVersion"]?.string ?? ""
        if stored == apiVersion, revision > activeSince { return value }
        var result = value
        var metadata = result["metadata"]
        result["metadata"] = nil
        if let schema = schemas[GroupVersionKind(apiVersion: stored, kind: "").version] {
            schema.applyDefaults(&result)
            // Read back as it would be written now.
            _ = schema.prune(&result)
        }
        if let conversion {
            result["metadata"] = metadata
            result = conversion.convert(result, to: name) { served[$0] }
            metadata = result["metadata"]
            result["metadata"] = nil
        }
        result["apiVersion"] = .string(apiVersion)
        _ = schema.prune(&result)
        result["metadata"] = metadata
        return result
    }
}

/// Which body formats a write accepts.
enum BodyFormat {
    case json, yaml, protobuf

    init(
        contentType: String?,
        accepted: [String] = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"]
    )
        throws(APIFailure)
    {
        switch MediaType(Substring(contentType ?? "application/json"))?.type ?? "application/json" {
        case "application/json": self = .json
        case "application/yaml": self = .yaml
        case ProtobufBody.mediaType: self = .protobuf
        default: throw .unsupportedMediaType(accepted)
        }
    }
}

extension APIServer {
    /// Reads the body of a create or update.
    func decodeBody(
        _ request: APIRequest,
        _ resource: ServedResource,
        _ options: WriteOptions,
        _ notes: inout RequestNotes
    ) throws(APIFailure) -> Value {
        let format = try BodyFormat(contentType: request.headers["content-type"])
        var body: BodyText
        do {
            body = try format.read(request.body)
        } catch {
            if format == .protobuf { throw .unsupportedMediaType(["application/json", "application/yaml"]) }
            throw unrecognized(resource, "couldn't get version/kind; json parse error: \(error.message)", request.body)
        }
        if body.value.isNull, !resource.isCustom, format == .yaml || !request.body.isEmpty { body.value = [:] }
        guard case .object = body.value else {
            throw unrecognized(
                resource,
                "couldn't get version/kind; json parse error: json: cannot unmarshal \(ShapeReader.goKind(body.value)) into "
                    + "Go value of type \(Self.typeStruct)",
                request.body
            )
        }
        for name in ["apiVersion", "kind"] {
            guard let value = body.value[name], !value.isNull, value.string == nil else { continue }
            throw unrecognized(
                resource,
                "couldn't get version/kind; json parse error: json: cannot unmarshal \(ShapeReader.goKind(value)) into "
                    + "Go struct field .\(name) of type string",
                request.body
            )
        }
        return try decode(body, resource, options, &notes, text: request.body)
    }

    /// How Go prints the type that it reads kind and version into.
    private static let typeStruct =
        #"struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }"#

    /// Judges kind, types and unknown fields of a parsed body.
    func decode(
        _ body: BodyText,
        _ resource: ServedResource,
        _ options: WriteOptions,
        _ notes: inout RequestNotes,
        text: [UInt8] = []
    ) throws(APIFailure) -> Value {
        let kind = body.value["kind"]?.string ?? ""
        let version = body.value["apiVersion"]?.string ?? ""
        let title =
            "\(kind.isEmpty ? resource.kind : kind) in version \"\(resource.gvk.version)\" cannot be handled as a \(resource.kind)"
        if resource.isCustom {
            if kind.isEmpty {
                let shown = String(decoding: text, as: UTF8.self)
                throw unrecognized(resource, "Object 'Kind' is missing in '\(shown)'", text)
            }
        } else {
            if !kind.isEmpty, kind != resource.kind {
                throw .badRequest(
                    "\(kind) in version \"\(version)\" cannot be handled as a \(resource.kind): converting (v1.\(kind)) to "
                        + "(core.\(resource.kind)): unknown conversion"
                )
            }
            if !version.isEmpty, version != resource.gvk.apiVersion {
                throw .badRequest(
                    "\(kind) in version \"\(version)\" cannot be handled as a \(resource.kind): no kind \"\(kind)\" is "
                        + "registered for version \"\(version)\" in scheme \"pkg/runtime/scheme.go:111\""
                )
            }
        }
        let decoded: DecodedObject
        do { decoded = try resource.decode(body.value) } catch { throw .badRequest("\(title): \(error.message)") }
        let doubts = body.duplicates + decoded.doubts
        switch options.fieldValidation {
        case .ignore: break
        case .warn: doubts.forEach { notes.warn($0) }
        case .strict:
            if !doubts.isEmpty {
                throw .badRequest("\(title): strict decoding error: \(doubts.joined(separator: ", "))")
            }
        }
        if resource.isCustom, version != resource.gvk.apiVersion {
            throw .badRequest(
                "the API version in the data (\(version)) does not match the expected API version (\(resource.gvk.apiVersion))"
            )
        }
        return decoded.value
    }

    private func unrecognized(_ resource: ServedResource, _ why: String, _ body: [UInt8]) -> APIFailure {
        .badRequest(
            "the object provided is unrecognized (must be of type \(resource.kind)): \(why) (\(BodyText.excerpt(body)))"
        )
    }
}

extension BodyFormat {
    func read(_ bytes: [UInt8]) throws(BodyProblem) -> BodyText {
        switch self {
        case .json: return try BodyText.json(bytes)
        case .yaml: return try BodyText.yaml(bytes)
        case .protobuf:
            guard let value = ProtobufBody.value(bytes) else { throw BodyProblem(message: "no known protobuf message") }
            return BodyText(value: value)
        }
    }
}

/// Why a body is no text of its format.
struct BodyProblem: Error { var message: String }

extension BodyText {
    /// Reads one YAML document, as YAML 1.1.
    static func yaml(_ bytes: [UInt8]) throws(BodyProblem) -> BodyText {
        guard let document = YAML.documents(bytes, YAML.ReadOptions(duplicateKeys: .warn)).first else {
            return BodyText(value: .null)
        }
        guard let value = document.value else {
            throw BodyProblem(
                message: document.goMessages.first ?? document.diagnostics.first?.message
                    ?? "error converting YAML to JSON"
            )
        }
        return BodyText(value: value, duplicates: document.warnings.isEmpty ? [] : document.goMessages)
    }
}
