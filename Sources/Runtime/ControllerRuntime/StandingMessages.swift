/// Messages that stand as long as what they tell of, by where it is; one of them is shown for all.
///
/// With many objects there are many alike: the one that is shown stays until it is taken back.
package struct StandingMessages: Sendable {
    private var messages: [String: String] = [:]
    private var place: String?

    package init() {}

    /// What one place has to say; nil takes it back.
    package subscript(_ place: String) -> String? {
        get { messages[place] }
        set {
            messages[place] = newValue
            if self.place.flatMap({ messages[$0] }) == nil { self.place = messages.keys.min() }
        }
    }

    /// The message that stands for all; nil when there is none.
    package var shown: String? { place.flatMap { messages[$0] } }

    package var count: Int { messages.count }
}
