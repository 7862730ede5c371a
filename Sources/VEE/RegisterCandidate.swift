import MeterCore
package import MeterEvents
package import RuleSets
import StreamCore

/// A reading that came for an instant of a register.
package struct RegisterCandidate: Sendable, Equatable {
    package var point: RegisterPoint
    package var raw: RawReference
    /// Who sent it; empty when nothing says so.
    package var source: String
    /// The source's own version, 0 when it has none.
    package var version: Int64
    /// A final substitute: no later actual of the same source replaces it.
    package var isFinal: Bool
    /// It was only told again as the reading before another one.
    package var isRestated: Bool

    package init(
        _ point: RegisterPoint,
        _ raw: RawReference,
        source: String = "",
        version: Int64 = 0,
        isFinal: Bool = false,
        isRestated: Bool = false
    ) {
        self.point = point
        self.raw = raw
        self.source = source
        self.version = version
        self.isFinal = isFinal
        self.isRestated = isRestated
    }

    /// Element `index` of readings as they came.
    package init(_ reads: RegisterReads, _ index: Int, _ raw: RawReference) {
        let at = reads.at[index]
        self.init(
            RegisterPoint(
                at: at.secondsSinceEpoch,
                value: reads.billionths[index],
                quality: reads.qualities[index],
                meterClock: reads.meterClock?.secondsSinceEpoch
            ),
            raw,
            source: reads.source,
            version: reads.sourceVersion,
            isFinal: index < reads.sourceStatus.count && reads.sourceStatus[index] / 10_000 == Self.finalFlag,
            isRestated: reads.advance.map { $0.from == at && $0.to > at } ?? false
        )
    }

    /// The flag of a final substitute in a source status (`NEMQuality.Flag`).
    private static let finalFlag: UInt16 = 3

    /// An actual reading stands above an estimated one, whether it was checked before it came or not.
    private var rank: UInt8 {
        point.quality == Quality.raw.rawValue ? Quality.validated.rawValue : point.quality
    }

    /// Whether another one is the same word of the same source.
    func says(_ other: RegisterCandidate) -> Bool {
        point == other.point && source == other.source && version == other.version && isFinal == other.isFinal
            && isRestated == other.isRestated
    }

    /// The one of several readings for one instant that holds.
    ///
    /// Of one source the later version, whatever the qualities; but no actual replaces an earlier final substitute, and what was only told again
    /// as the reading before another replaces nothing of a higher quality. Within a version, and between sources, the higher
    /// quality, then the later receive time, then the payload's hash. It follows from the set of readings, not from their order.
    static func holding(_ candidates: [RegisterCandidate]) -> Int {
        guard candidates.count > 1 else { return 0 }
        var best: Int?
        for source in Set(candidates.map(\.source)).sorted() {
            guard let own = holding(candidates, of: source) else { continue }
            if let held = best, !candidates[own].isAbove(candidates[held]) { continue }
            best = own
        }
        return best ?? 0
    }

    private static func holding(_ candidates: [RegisterCandidate], of source: String) -> Int? {
        let given = latest(candidates, candidates.indices.filter { candidates[$0].isOf(source, isRestated: false) })
        let restated = latest(candidates, candidates.indices.filter { candidates[$0].isOf(source, isRestated: true) })
        guard let given, let restated else { return given ?? restated }
        let (own, other) = (candidates[given], candidates[restated])
        let isNewer = other.rank == own.rank && other.version > own.version
        return other.rank > own.rank || isNewer ? restated : given
    }

    private func isOf(_ source: String, isRestated: Bool) -> Bool {
        self.source == source && self.isRestated == isRestated
    }

    /// The last word of one source, as it corrected itself version by version.
    private static func latest(_ candidates: [RegisterCandidate], _ indices: [Int]) -> Int? {
        let inOrder = indices.sorted { one, other in
            let (left, right) = (candidates[one], candidates[other])
            return left.version == right.version ? right.isAbove(left) : left.version < right.version
        }
        var held: Int?
        for index in inOrder {
            if let held, candidates[held].isFinal, Series.isMeasured(candidates[index].point.quality),
                candidates[index].version > candidates[held].version
            {
                continue
            }
            held = index
        }
        return held
    }

    /// Quality, then receive time, then hash, then the value: a total order but for what says the same.
    private func isAbove(_ other: RegisterCandidate) -> Bool {
        if rank != other.rank { return rank > other.rank }
        if raw.supersedes(other.raw) { return true }
        if other.raw.supersedes(raw) { return false }
        return point.value > other.point.value
    }
}

extension RegisterCandidate {
    func encode(into writer: inout CompactWriter) {
        writer.append(point.value)
        writer.append(point.quality)
        writer.append(point.meterClock != nil)
        if let clock = point.meterClock { writer.append(clock) }
        raw.encode(into: &writer)
        writer.append(source)
        writer.append(version)
        writer.append(isFinal)
        writer.append(isRestated)
    }

    /// - Parameter at: The instant, which all readings for it share.
    init(at: Int64, _ reader: inout CompactReader, _ bytes: Span<UInt8>) throws(StateError) {
        var point = RegisterPoint(at: at, value: try reader.integer(bytes))
        point.quality = try reader.byte(bytes)
        if try reader.flag(bytes) { point.meterClock = try reader.integer(bytes) }
        self.init(
            point,
            try RawReference(&reader, bytes),
            source: try reader.text(bytes),
            version: try reader.integer(bytes),
            isFinal: try reader.flag(bytes),
            isRestated: try reader.flag(bytes)
        )
    }
}
