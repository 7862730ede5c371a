import MeterCore
import MeterEvents
import StreamCore
import VEE

/// Folds output records as a read model does: the newest record about an interval holds.
struct TruthReader {
    typealias ChannelKey = TruthOracle.ChannelKey

    struct Reading: Equatable, CustomStringConvertible {
        var start: Int64
        var interval: Int64
        var value: Int64
        var quality: Quality
        var method: EstimationMethod

        var end: Int64 { start + interval }
        var isUsed: Bool { quality != .missing && quality != .failed }
        /// Made here, not sent and not entered.
        var isOurEstimate: Bool { isUsed && method != .none && method != .manual && method != .source }

        var description: String {
            "\(Instant(secondsSinceEpoch: start)) \(interval) s \(TruthText.number(value)) \(quality.name) \(method.name)"
        }
    }

    struct Key: Hashable {
        var channel: ChannelKey
        var at: Int64
    }

    struct RevisionKey: Hashable {
        var key: Key
        var interval: Int64
    }

    /// In force, by start.
    private(set) var readings: [Key: Reading] = [:]
    /// The same as a table keyed by the end of the interval has them.
    private(set) var readingsByEnd: [Key: Reading] = [:]
    /// Of a reading, which is its start and its length.
    private(set) var revisions: [RevisionKey: UInt32] = [:]
    private(set) var windows: [Key: WindowState] = [:]
    private(set) var fates: [(channel: ChannelKey, fate: BlockFate)] = []
    /// Where a version number was not above the one before.
    private(set) var revisionFault: String?
    let dropsWithdrawals: Bool

    init(dropsWithdrawals: Bool = false) { self.dropsWithdrawals = dropsWithdrawals }

    mutating func note(_ event: ValidatedIntervals) {
        let channel = ChannelKey(meter: event.meter, channel: event.channel)
        for index in 0..<event.count {
            let interval = Int64(event.intervalSeconds)
            let start = event.start.secondsSinceEpoch + Int64(index) * interval
            let key = Key(channel: channel, at: start)
            let endKey = Key(channel: channel, at: start + interval)
            let revisionKey = RevisionKey(key: key, interval: interval)
            if event.revisions[index] <= revisions[revisionKey] ?? 0 {
                revisionFault = "\(channel) \(event.start) slot \(index): \(event.revisions[index])"
            }
            revisions[revisionKey] = event.revisions[index]
            if event.qualities[index] == ValidatedIntervals.withdrawn {
                if dropsWithdrawals { continue }
                // What another grid says of the same start or end stays.
                if readings[key]?.interval == interval { readings[key] = nil }
                if readingsByEnd[endKey]?.interval == interval { readingsByEnd[endKey] = nil }
                continue
            }
            let reading = Reading(
                start: start,
                interval: interval,
                value: event.billionths[index],
                quality: Quality(rawValue: event.qualities[index]) ?? .missing,
                method: EstimationMethod(rawValue: event.methods[index]) ?? .none
            )
            readings[key] = reading
            readingsByEnd[endKey] = reading
        }
        if let window = event.window {
            let key = Key(channel: channel, at: window.start.secondsSinceEpoch)
            if window.revision <= windows[key]?.revision ?? 0 { revisionFault = "\(channel) window \(window.start)" }
            // A window that was taken back counts nothing.
            windows[key] = window
        }
        for fate in event.fates { fates.append((channel, fate)) }
    }

    /// The readings of a channel in force, ascending.
    func readings(of channel: ChannelKey) -> [Reading] {
        readings.filter { $0.key.channel == channel }.values.sorted { $0.start < $1.start }
    }

    /// The windows of a channel that count something, ascending.
    func windows(of channel: ChannelKey) -> [WindowState] {
        windows.filter { $0.key.channel == channel && !$0.value.isTakenBack }.values.sorted { $0.start < $1.start }
    }

    var channels: [ChannelKey] {
        Set(readings.keys.map(\.channel)).union(windows.keys.map(\.channel)).sorted()
    }
}

extension WindowState {
    var isTakenBack: Bool {
        expected == 0 && validated == 0 && estimated == 0 && failed == 0 && missing == 0 && sumBillionths == 0
    }
}
