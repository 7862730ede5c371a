/// What a person decided about the intervals of one channel in `[start, end)`. The original values stay in the log.
public struct ManualEdit: Sendable, Equatable {
    public enum Action: Sendable, Equatable {
        /// Consecutive intervals from `start`, in billionths of the channel's unit.
        case setValues(intervalSeconds: Int32, billionths: [Int64])
        /// Values that failed a check are good.
        case accept
        /// Values are not to be used; they are estimated like a gap.
        case reject
        /// Takes back values, acceptance and rejection.
        case clear
        /// Billed: what stands is not changed any more without a person.
        case lock
        case unlock

        public var name: String {
            switch self {
            case .setValues: "set_values"
            case .accept: "accept"
            case .reject: "reject"
            case .clear: "clear"
            case .lock: "lock"
            case .unlock: "unlock"
            }
        }
    }

    public var meter: String
    public var channel: String
    public var start: Instant
    public var end: Instant
    public var action: Action
    public var user: String
    public var reason: String

    public init(
        meter: String,
        channel: String,
        start: Instant,
        end: Instant,
        action: Action,
        user: String,
        reason: String
    ) {
        self.meter = meter
        self.channel = channel
        self.start = start
        self.end = end
        self.action = action
        self.user = user
        self.reason = reason
    }
}
