/// What became of a payload: for each channel how many values it offered and what they are now.
///
/// Every value is in force, superseded, unchanged, held or refused. Those that VEE or the projector have not spoken about yet are pending.
package struct PayloadAccount: Sendable, Equatable {
    package enum State: String, Sendable {
        case complete
        /// VEE or the projector have not spoken about all of it yet.
        case pending
        /// Nothing of it could be used.
        case refused
        /// The same payload came before: `original` has the values.
        case duplicate
    }

    /// Values by what became of them.
    package struct Counts: Sendable, Equatable {
        package var offered: Int64 = 0
        package var inForce: Int64 = 0
        /// They were taken, and other versions came after them.
        package var superseded: Int64 = 0
        /// They say what held already.
        package var unchanged: Int64 = 0
        /// Another value stands above them.
        package var held: Int64 = 0
        package var refused: Int64 = 0
        package var pending: Int64 = 0

        package init() {}

        /// Counts that add up to `expected`, the values found in the payload, from what VEE said and what is in force now. What was held can
        /// have come into force since, when the value above it went.
        package init(
            expected: Int64,
            offered: Int64,
            taken: Int64,
            inForce: Int64,
            unchanged: Int64,
            held: Int64,
            refused: Int64
        ) {
            self.offered = max(expected, offered)
            self.inForce = inForce
            self.unchanged = unchanged
            self.refused = refused
            let released = max(0, min(held, inForce - taken))
            self.held = held - released
            superseded = max(0, taken - inForce)
            pending = max(0, self.offered - (inForce + superseded + unchanged + self.held + refused))
        }

        package static func += (left: inout Counts, right: Counts) {
            left.offered += right.offered
            left.inForce += right.inForce
            left.superseded += right.superseded
            left.unchanged += right.unchanged
            left.held += right.held
            left.refused += right.refused
            left.pending += right.pending
        }
    }

    /// What is in force in place of values of the payload.
    package struct Successor: Sendable, Equatable {
        package var pointer: PayloadPointer
        /// Idempotency key and source of that payload, where they are known.
        package var id: String?
        package var source: String?
        /// `value`, `missing`, `withdrawn` where a reading of another length holds the time, or the method of an estimate that it made due.
        package var how: String
        package var count: Int64

        package init(pointer: PayloadPointer, id: String? = nil, source: String? = nil, how: String, count: Int64) {
            self.pointer = pointer
            self.id = id
            self.source = source
            self.how = how
            self.count = count
        }
    }

    package struct Channel: Sendable, Equatable {
        package var meter: String
        package var channel: String
        package var unit: String
        /// The time that the values are about, microseconds since 1970-01-01T00:00:00Z.
        package var fromMicroseconds: Int64
        package var toMicroseconds: Int64
        package var counts: Counts
        /// Why values were held or refused.
        package var codes: [String] = []
        /// Most values first; at most twenty.
        package var supersededBy: [Successor] = []
        /// Usage of the values in force less that of the versions they replaced, in the unit, as an exact decimal; nil where it was not asked
        /// for, the payload is too large for it, or values of the unit do not add up.
        package var usageChange: String?

        package init(
            meter: String,
            channel: String,
            unit: String,
            fromMicroseconds: Int64,
            toMicroseconds: Int64,
            counts: Counts,
            codes: [String] = [],
            supersededBy: [Successor] = []
        ) {
            self.meter = meter
            self.channel = channel
            self.unit = unit
            self.fromMicroseconds = fromMicroseconds
            self.toMicroseconds = toMicroseconds
            self.counts = counts
            self.codes = codes
            self.supersededBy = supersededBy
        }
    }

    package struct DeadLetter: Sendable, Equatable {
        package var stage: String
        package var code: String
        package var reason: String
        package var isPartial: Bool
        package var refusedLines: Int64
        /// JSON: the first refused lines.
        package var lines: String
    }

    package var pointer: PayloadPointer
    package var id: String
    package var receivedMicroseconds: Int64
    package var source: String
    package var format: String
    package var sha256: String
    package var outcome: String
    package var code: String
    package var payloadBytes: Int64
    package var registerCount: Int64
    package var factCount: Int64
    package var refusedLines: Int64
    package var original: PayloadPointer?
    /// The same payload sent again, the first hundred.
    package var duplicates: [PayloadPointer] = []
    /// Payloads that other senders gave the same key.
    package var others: [PayloadPointer] = []
    package var state: State
    package var counts: Counts
    /// In the order of meters and channels; those nobody has spoken about yet too.
    package var channels: [Channel] = []
    package var deadLetters: [DeadLetter] = []

    /// A payload without values.
    package init(pointer: PayloadPointer, id: String, source: String, outcome: String, state: State) {
        self.pointer = pointer
        self.id = id
        self.source = source
        self.outcome = outcome
        self.state = state
        receivedMicroseconds = 0
        format = ""
        sha256 = ""
        code = ""
        payloadBytes = 0
        registerCount = 0
        factCount = 0
        refusedLines = 0
        counts = Counts()
    }

    /// Whether anything of it had an effect: a value taken or held, a register reading or a fact.
    package var isOfUse: Bool {
        outcome != "refused" && (counts.offered > counts.refused || registerCount > 0 || factCount > 0)
    }
}
