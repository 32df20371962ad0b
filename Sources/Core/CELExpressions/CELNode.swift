import LinearRegex

/// A checked expression, ready to be evaluated: names are slots, functions are chosen, macros are loops.
indirect enum CELNode: Sendable {
    case literal(CELValue)
    case slot(Int)
    case select(CELNode, String)
    case has(CELNode, String)
    case optionalSelect(CELNode, String)
    case index(CELNode, CELNode)
    case optionalIndex(CELNode, CELNode)
    case not(CELNode)
    case negate(CELNode)
    case and(CELNode, CELNode)
    case or(CELNode, CELNode)
    case binary(CELBinaryOperator, CELNode, CELNode)
    case conditional(CELNode, CELNode, CELNode)
    case list([(item: CELNode, isOptional: Bool)])
    case map([(key: CELNode, value: CELNode, isOptional: Bool)])
    /// Several overloads when the types were not known; the first that fits the values is taken.
    case call([CELOverload], [CELNode])
    /// A regular expression known beforehand.
    case matches(CELNode, LinearPattern)
    case comprehension(CELComprehension)
    case optionalMap(CELNode, slot: Int, CELNode, isFlat: Bool)
}

/// A loop over the items of a list or the members of a map.
struct CELComprehension: Sendable {
    enum Kind: String, Sendable {
        case all, exists, existsOne = "exists_one", map, filter, transformList, transformMap, transformMapEntry
    }

    var kind: Kind
    var range: CELNode
    /// Index or key, for the two-variable forms.
    var keySlot: Int?
    var valueSlot: Int
    var filter: CELNode?
    var body: CELNode
}

/// One form of a function: what it takes, what it gives, what it does.
struct CELOverload: Sendable {
    typealias Body = @Sendable ([CELValue]) throws(CELFailure) -> CELValue

    var name: String
    /// The receiver is the first parameter.
    var isMember: Bool
    var parameters: [CELType]
    var result: CELType
    var body: Body

    init(_ name: String, on receiver: CELType, _ result: CELType, _ body: @escaping Body) {
        self.init(name, on: receiver, [], result, body)
    }

    init(_ name: String, on receiver: CELType, _ parameters: [CELType], _ result: CELType, _ body: @escaping Body) {
        self.name = name
        isMember = true
        self.parameters = [receiver] + parameters
        self.result = result
        self.body = body
    }

    init(_ name: String, _ parameters: [CELType], _ result: CELType, _ body: @escaping Body) {
        self.name = name
        isMember = false
        self.parameters = parameters
        self.result = result
        self.body = body
    }

    func accepts(_ arguments: [CELValue]) -> Bool {
        for (argument, parameter) in zip(arguments, parameters) where !argument.fits(parameter) { return false }
        return true
    }
}
