import KubernetesModel
import StructuredValue

/// Reads the binary form in which typed clients (`kubectl create namespace`, leader election) send common kinds.
///
/// An envelope names the kind; the object follows as a protocol buffer message. Field numbers are those of the
/// Kubernetes API, for the kinds in the table below; other kinds have to be sent as JSON.
enum ProtobufBody {
    static let mediaType = "application/vnd.kubernetes.protobuf"

    /// The object as it would be in JSON; nil when the bytes are no such message or the kind is not in the table.
    static func value(_ bytes: [UInt8]) -> Value? {
        guard bytes.starts(with: [0x6B, 0x38, 0x73, 0x00]), let envelope = Message(bytes[4...]) else { return nil }
        guard let meta = envelope.bytes(1).flatMap({ Message($0) }), let raw = envelope.bytes(2),
            let apiVersion = meta.text(1), let kind = meta.text(2)
        else { return nil }
        let group = GroupVersionKind(apiVersion: apiVersion, kind: kind).group
        // Every group takes the options of a deletion.
        let name = kind == "DeleteOptions" ? kind : "\(group)/\(kind)"
        guard let type = table[name], var object = decode(raw, type) else { return nil }
        object["apiVersion"] = .string(apiVersion)
        object["kind"] = .string(kind)
        return object
    }

    private indirect enum FieldType: Sendable {
        case string, bool, int, bytes, time, microTime, intOrString, quantity
        case map(FieldType)
        case message(String)
    }

    private struct Field: Sendable {
        var name: String
        var type: FieldType
        var isList: Bool
    }

    private static func decode(_ bytes: ArraySlice<UInt8>, _ fields: [Int: Field]) -> Value? {
        guard let message = Message(bytes) else { return nil }
        var object = Object()
        for (number, raw) in message.fields {
            guard let field = fields[number] else { continue }
            if case .map(let item) = field.type {
                guard case .bytes(let entry) = raw, let pair = Message(entry) else { return nil }
                let key = pair.text(1) ?? ""
                let value = pair.fields.last { $0.number == 2 }.flatMap { read($0.value, item) } ?? ""
                object.update(field.name, default: [:]) { $0[key] = value }
                continue
            }
            guard let value = read(raw, field.type) else { return nil }
            if field.isList {
                object.update(field.name, default: []) { list in
                    guard case .array(var items) = list else { return }
                    list = .null
                    items.append(value)
                    list = .array(items)
                }
            } else {
                object[field.name] = value
            }
        }
        return .object(object)
    }

    private static func read(_ raw: Message.Raw, _ type: FieldType) -> Value? {
        switch (type, raw) {
        case (.string, .bytes(let bytes)): return .string(String(decoding: bytes, as: UTF8.self))
        case (.bytes, .bytes(let bytes)): return .string(Base64.encode(Array(bytes)))
        case (.bool, .number(let number)): return .bool(number != 0)
        case (.int, .number(let number)): return .int(Int(truncatingIfNeeded: Int64(bitPattern: number)))
        case (.time, .bytes(let bytes)), (.microTime, .bytes(let bytes)):
            guard let message = Message(bytes) else { return nil }
            guard let seconds = message.number(1), seconds != 0 else { return .null }
            let time = Timestamp(
                seconds: Int(truncatingIfNeeded: Int64(bitPattern: seconds)),
                microseconds: Int(message.number(2) ?? 0) / 1000
            )
            if case .microTime = type { return .string(time.micro) }
            return .string(time.description)
        case (.intOrString, .bytes(let bytes)):
            guard let message = Message(bytes) else { return nil }
            if message.number(1) == 1 { return .string(message.text(3) ?? "") }
            return .int(Int(truncatingIfNeeded: Int64(bitPattern: message.number(2) ?? 0)))
        case (.quantity, .bytes(let bytes)): return Message(bytes).map { .string($0.text(1) ?? "0") }
        case (.message(let name), .bytes(let bytes)): return table[name].flatMap { decode(bytes, $0) }
        default: return nil
        }
    }

    /// The fields of one message, undecoded.
    private struct Message {
        enum Raw {
            case number(UInt64)
            case bytes(ArraySlice<UInt8>)
        }

        private(set) var fields: [(number: Int, value: Raw)] = []

        /// nil when the bytes are no message.
        init?(_ bytes: ArraySlice<UInt8>) {
            var rest = bytes
            while !rest.isEmpty {
                guard let tag = Self.varint(&rest) else { return nil }
                let number = Int(truncatingIfNeeded: tag >> 3)
                switch tag & 7 {
                case 0:
                    guard let value = Self.varint(&rest) else { return nil }
                    fields.append((number, .number(value)))
                case 2:
                    guard let length = Self.varint(&rest), length <= UInt64(rest.count) else { return nil }
                    fields.append((number, .bytes(rest.prefix(Int(length)))))
                    rest = rest.dropFirst(Int(length))
                case 1, 5:
                    let width = tag & 7 == 1 ? 8 : 4
                    guard rest.count >= width else { return nil }
                    rest = rest.dropFirst(width)
                default: return nil
                }
            }
        }

        private static func varint(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
            var result: UInt64 = 0
            for shift in stride(from: UInt64(0), to: 70, by: 7) {
                guard let byte = rest.popFirst() else { return nil }
                result |= UInt64(byte & 0x7F) << shift
                if byte & 0x80 == 0 { return result }
            }
            return nil
        }

        func bytes(_ number: Int) -> ArraySlice<UInt8>? {
            guard case .bytes(let bytes)? = fields.last(where: { $0.number == number })?.value else { return nil }
            return bytes
        }

        func number(_ number: Int) -> UInt64? {
            guard case .number(let value)? = fields.last(where: { $0.number == number })?.value else { return nil }
            return value
        }

        func text(_ number: Int) -> String? { bytes(number).map { String(decoding: $0, as: UTF8.self) } }
    }

    /// Per line a message: `group/Kind` or a name of our own, then `number name type`; `[]` after a type is a list.
    private static let table: [String: [Int: Field]] = {
        var result: [String: [Int: Field]] = [:]
        for line in text.split(separator: "\n") {
            let halves = line.split(separator: ":", maxSplits: 1)
            var fields: [Int: Field] = [:]
            for clause in halves[1].split(separator: ",") {
                let words = clause.split(separator: " ")
                guard words.count == 3, let number = Int(words[0]) else {
                    preconditionFailure("a field is written as number, name and type: \(clause)")
                }
                let isList = words[2].hasSuffix("[]")
                fields[number] = Field(
                    name: String(words[1]),
                    type: type(isList ? words[2].dropLast(2) : words[2]),
                    isList: isList
                )
            }
            result[String(halves[0])] = fields
        }
        return result
    }()

    private static func type(_ text: Substring) -> FieldType {
        if text.hasPrefix("{") { return .map(type(text.dropFirst().dropLast())) }
        switch text {
        case "string": return .string
        case "bool": return .bool
        case "int": return .int
        case "bytes": return .bytes
        case "time": return .time
        case "microTime": return .microTime
        case "intOrString": return .intOrString
        case "quantity": return .quantity
        default: return .message(String(text))
        }
    }

    private static let text = """
        ObjectMeta:1 name string,2 generateName string,3 namespace string,5 uid string,6 resourceVersion string,7 generation int,8 creationTimestamp time,9 deletionTimestamp time,10 deletionGracePeriodSeconds int,11 labels {string},12 annotations {string},13 ownerReferences Owner[],14 finalizers string[]
        Owner:1 kind string,3 name string,4 uid string,5 apiVersion string,6 controller bool,7 blockOwnerDeletion bool
        DeleteOptions:1 gracePeriodSeconds int,2 preconditions Preconditions,3 orphanDependents bool,4 propagationPolicy string,5 dryRun string[]
        Preconditions:1 uid string,2 resourceVersion string
        /Namespace:1 metadata ObjectMeta,2 spec NamespaceSpec,3 status NamespaceStatus
        NamespaceSpec:1 finalizers string[]
        NamespaceStatus:1 phase string
        /ConfigMap:1 metadata ObjectMeta,2 data {string},3 binaryData {bytes},4 immutable bool
        /Secret:1 metadata ObjectMeta,2 data {bytes},3 type string,4 stringData {string},5 immutable bool
        /ServiceAccount:1 metadata ObjectMeta,2 secrets Reference[],3 imagePullSecrets LocalReference[],4 automountServiceAccountToken bool
        Reference:1 kind string,2 namespace string,3 name string,4 uid string,5 apiVersion string,6 resourceVersion string,7 fieldPath string
        LocalReference:1 name string
        /Event:1 metadata ObjectMeta,2 involvedObject Reference,3 reason string,4 message string,5 source EventSource,6 firstTimestamp time,7 lastTimestamp time,8 count int,9 type string,10 eventTime microTime,11 series EventSeries,12 action string,13 related Reference,14 reportingComponent string,15 reportingInstance string
        EventSource:1 component string,2 host string
        EventSeries:1 count int,2 lastObservedTime microTime
        events.k8s.io/Event:1 metadata ObjectMeta,2 eventTime microTime,3 series EventSeries,4 reportingController string,5 reportingInstance string,6 action string,7 reason string,8 regarding Reference,9 related Reference,10 note string,11 type string,12 deprecatedSource EventSource,13 deprecatedFirstTimestamp time,14 deprecatedLastTimestamp time,15 deprecatedCount int
        coordination.k8s.io/Lease:1 metadata ObjectMeta,2 spec LeaseSpec
        LeaseSpec:1 holderIdentity string,2 leaseDurationSeconds int,3 acquireTime microTime,4 renewTime microTime,5 leaseTransitions int
        /Service:1 metadata ObjectMeta,2 spec ServiceSpec
        ServiceSpec:1 ports ServicePort[],2 selector {string},3 clusterIP string,4 type string,5 externalIPs string[],7 sessionAffinity string,8 loadBalancerIP string,10 externalName string
        ServicePort:1 name string,2 protocol string,3 port int,4 targetPort intOrString,5 nodePort int
        apps/Deployment:1 metadata ObjectMeta,2 spec DeploymentSpec
        DeploymentSpec:1 replicas int,2 selector LabelSelector,3 template PodTemplateSpec,4 strategy DeploymentStrategy,5 minReadySeconds int,6 revisionHistoryLimit int,7 paused bool,9 progressDeadlineSeconds int
        batch/Job:1 metadata ObjectMeta,2 spec JobSpec
        JobSpec:1 parallelism int,2 completions int,3 activeDeadlineSeconds int,4 selector LabelSelector,5 manualSelector bool,6 template PodTemplateSpec,7 backoffLimit int,8 ttlSecondsAfterFinished int
        batch/CronJob:1 metadata ObjectMeta,2 spec CronJobSpec
        CronJobSpec:1 schedule string,2 startingDeadlineSeconds int,3 concurrencyPolicy string,4 suspend bool,5 jobTemplate JobTemplate
        JobTemplate:1 metadata ObjectMeta,2 spec JobSpec
        /ResourceQuota:1 metadata ObjectMeta,2 spec QuotaSpec
        QuotaSpec:1 hard {quantity},2 scopes string[]
        policy/PodDisruptionBudget:1 metadata ObjectMeta,2 spec BudgetSpec
        BudgetSpec:1 minAvailable intOrString,2 selector LabelSelector,3 maxUnavailable intOrString
        DeploymentStrategy:1 type string,2 rollingUpdate RollingUpdate
        RollingUpdate:1 maxUnavailable intOrString,2 maxSurge intOrString
        LabelSelector:1 matchLabels {string},2 matchExpressions Expression[]
        Expression:1 key string,2 operator string,3 values string[]
        PodTemplateSpec:1 metadata ObjectMeta,2 spec PodSpec
        /Pod:1 metadata ObjectMeta,2 spec PodSpec
        PodSpec:2 containers Container[],3 restartPolicy string,4 terminationGracePeriodSeconds int,6 dnsPolicy string,7 nodeSelector {string},8 serviceAccountName string,10 nodeName string,11 hostNetwork bool,20 initContainers Container[]
        Container:1 name string,2 image string,3 command string[],4 args string[],5 workingDir string,6 ports ContainerPort[],7 env EnvVar[],8 resources Resources,13 terminationMessagePath string,14 imagePullPolicy string,16 stdin bool,17 stdinOnce bool,18 tty bool
        ContainerPort:1 name string,2 hostPort int,3 containerPort int,4 protocol string,5 hostIP string
        EnvVar:1 name string,2 value string
        Resources:1 limits {quantity},2 requests {quantity}
        rbac.authorization.k8s.io/Role:1 metadata ObjectMeta,2 rules Rule[]
        rbac.authorization.k8s.io/ClusterRole:1 metadata ObjectMeta,2 rules Rule[]
        Rule:1 verbs string[],2 apiGroups string[],3 resources string[],4 resourceNames string[],5 nonResourceURLs string[]
        rbac.authorization.k8s.io/RoleBinding:1 metadata ObjectMeta,2 subjects Subject[],3 roleRef RoleRef
        rbac.authorization.k8s.io/ClusterRoleBinding:1 metadata ObjectMeta,2 subjects Subject[],3 roleRef RoleRef
        Subject:1 kind string,2 apiGroup string,3 name string,4 namespace string
        RoleRef:1 apiGroup string,2 kind string,3 name string
        authentication.k8s.io/SelfSubjectReview:1 metadata ObjectMeta
        authorization.k8s.io/SelfSubjectAccessReview:1 metadata ObjectMeta,2 spec AccessSpec
        AccessSpec:1 resourceAttributes Attributes,2 nonResourceAttributes PathAttributes
        Attributes:1 namespace string,2 verb string,3 group string,4 version string,5 resource string,6 subresource string,7 name string
        PathAttributes:1 path string,2 verb string
        authorization.k8s.io/SelfSubjectRulesReview:1 metadata ObjectMeta,2 spec RulesSpec
        RulesSpec:1 namespace string
        """
}
