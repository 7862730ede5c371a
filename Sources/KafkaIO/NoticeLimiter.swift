/// Lets one notice of each subject through in an interval and counts the rest.
package struct NoticeLimiter: Sendable {
    private struct Entry {
        var lastShown: ContinuousClock.Instant
        var suppressed: Int
    }

    private var entries: [String: Entry] = [:]
    private let interval: Duration
    /// Subjects remembered at most; beyond that everything is forgotten and shown once more.
    private let maxSubjects = 64

    package init(interval: Duration = .seconds(10)) {
        self.interval = interval
    }

    /// - Returns: how many notices of the subject were held back since the last one, or nil when this one is held back too.
    package mutating func admit(_ subject: String, at now: ContinuousClock.Instant) -> Int? {
        if var entry = entries[subject], now - entry.lastShown < interval {
            entry.suppressed += 1
            entries[subject] = entry
            return nil
        }
        let suppressed = entries[subject]?.suppressed ?? 0
        if entries.count >= maxSubjects { entries.removeAll(keepingCapacity: true) }
        entries[subject] = Entry(lastShown: now, suppressed: 0)
        return suppressed
    }
}
