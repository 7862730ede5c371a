import MeterCore
import MeterEvents

/// How the values of a segment are sent: in blocks of any length, with gaps, once or many times.
extension TruthGenerator {
    /// What one payload says of a part of a segment.
    struct Piece {
        var segment: Segment
        var first: Int
        var count: Int
        var source: String
        var version: Int64 = 0
        /// The values differ from those of the meter.
        var isWrong = false
        /// Every value is good and measured.
        var isPlain = true
        /// Seconds that the stamps are off.
        var jitter: Int64 = 0
    }

    mutating func send(_ segment: Segment, _ meter: Meter, _ channel: Channel) {
        let longest = segment.wallOfDay == nil ? max(1, min(96, Int(Events.day / segment.interval))) : 8
        let hasJitter = random.chance(25)
        var next = 0
        while next < segment.count {
            let count = min(Int.random(in: (longest + 3) / 4...longest, using: &random), segment.count - next)
            defer { next += count }
            if random.chance(8) { continue }
            var piece = Piece(segment: segment, first: next, count: count, source: segment.source)
            piece.isPlain = random.chance(60)
            if segment.isVersioned { piece.version = 1000 + Int64.random(in: 0...2, using: &random) }
            if hasJitter, random.chance(60) { piece.jitter = jitter(segment) }
            emit(piece, meter, channel)
            sendAgain(piece, meter, channel)
        }
    }

    private mutating func sendAgain(_ piece: Piece, _ meter: Meter, _ channel: Channel) {
        if random.chance(5), let last = result.events.last { result.events.append(last) }
        if random.chance(5), let last = result.events.last, case .intervalBlock(let block) = last.body {
            let received = arrival(after: last.raw.receivedAtMilliseconds / 1000)
            result.events.append(JournalEvent(raw: raw(received), body: .intervalBlock(block)))
        }
        let times = random.chance(25) ? Int.random(in: 1...2, using: &random) : 0
        for _ in 0..<times {
            var again = piece
            let skipped = Int.random(in: 0..<piece.count, using: &random)
            again.first += skipped
            again.count = Int.random(in: 1...(piece.count - skipped), using: &random)
            again.isWrong = random.chance(70)
            again.isPlain = random.chance(30)
            if piece.segment.isVersioned, random.chance(85) {
                again.version = 1000 + Int64.random(in: 0...5, using: &random)
            }
            if random.chance(25) { again.source = piece.source == "A" ? "B" : "A" }
            if again.jitter != 0 { again.jitter = jitter(piece.segment) }
            emit(again, meter, channel)
        }
    }

    /// Within what is put on the grid.
    private mutating func jitter(_ segment: Segment) -> Int64 {
        let most: Int64
        if let wall = segment.wallOfDay {
            if wall != 0 { return 0 }
            most = 3600
        } else {
            most = segment.interval == 300 ? 30 : 60
        }
        let seconds = Int64.random(in: 1...most, using: &random)
        return random.chance(50) ? seconds : -seconds
    }

    private mutating func emit(_ piece: Piece, _ meter: Meter, _ channel: Channel) {
        let segment = piece.segment
        let start: Int64
        var end: Int64
        if let wall = segment.wallOfDay {
            let rules = zones[meter.zone] ?? .utc
            let date = rules.localDate(of: Instant(secondsSinceEpoch: segment.start + 7200))
            func day(_ number: Int) -> Int64 {
                let day = CivilDate(daysSinceEpoch: date.daysSinceEpoch + Int32(number))
                return TruthOracle.instant(of: day, wall, rules)
            }
            start = day(piece.first)
            end = day(piece.first + piece.count)
        } else {
            start = segment.start + Int64(piece.first) * segment.interval
            end = start + Int64(piece.count) * segment.interval
        }
        var block = IntervalBlock(
            meter: meter.name,
            channel: channel.name,
            unit: .kilowattHour,
            zone: meter.zone,
            start: Instant(secondsSinceEpoch: start + piece.jitter),
            intervalSeconds: Int32(segment.interval),
            billionths: [],
            qualities: [],
            sourceVersion: piece.version
        )
        block.source = piece.source
        fill(&block, piece, start)
        if segment.wallOfDay == nil { sayZone(&block, meter) }
        end = max(end, block.end.secondsSinceEpoch)
        let reference = raw(arrival(after: end + 60))
        result.events.append(JournalEvent(raw: reference, body: .intervalBlock(block)))
    }

    private mutating func fill(_ block: inout IntervalBlock, _ piece: Piece, _ start: Int64) {
        let isVersioned = piece.segment.isVersioned
        let style = piece.isPlain ? (0, Quality.raw) : quality(isVersioned)
        let hasHoles = !piece.isPlain && random.chance(50)
        for index in 0..<piece.count {
            let at = start + Int64(index) * piece.segment.interval
            var value = measured(at, piece.segment.interval, block)
            if piece.isWrong { value += Int64.random(in: -3...60, using: &random) * 1_000_000 }
            var word = style
            if !piece.isPlain, random.chance(15) { word = quality(isVersioned) }
            var flags: IntervalFlags = []
            if hasHoles, random.chance(12) { word.1 = .missing }
            if !piece.isPlain, word.1 == .raw {
                if random.chance(3) { value = -value }
                if random.chance(2) { flags = random.chance(50) ? .overflow : .testMode }
            }
            let isAbsent = hasHoles && random.chance(12)
            block.billionths.append(isAbsent || word.1 == .missing ? 0 : value)
            block.qualities.append(isAbsent ? IntervalBlock.noRecord : word.1.rawValue)
            block.flags.append(flags.rawValue)
            if isVersioned { block.sourceStatus.append(UInt16(word.1 == .missing ? 40_000 : word.0)) }
        }
        if block.flags.allSatisfy({ $0 == 0 }) { block.flags = [] }
    }

    /// A quality with the status of a source that versions its data (A, E, S and F of NEM12).
    private mutating func quality(_ isVersioned: Bool) -> (Int, Quality) {
        if isVersioned {
            return pick([
                (10_000, .raw), (10_000, .raw), (20_000, .projected), (51_400, .estimatedReferenceDay),
                (51_700, .estimatedLinear), (31_400, .estimatedReferenceDay), (35_300, .edited), (40_000, .missing),
            ])
        }
        return pick([
            (0, .raw), (0, .raw), (0, .raw), (0, .validated), (0, .estimatedProfile), (0, .projected),
            (0, .questionable), (0, .missing), (0, .failed), (0, .verified),
        ])
    }

    /// What the meter measured: the same in every length.
    func measured(_ start: Int64, _ interval: Int64, _ block: IntervalBlock) -> Int64 {
        let own = UInt64(block.meter.utf8.last ?? 0) &* 131 &+ UInt64(block.channel.utf8.last ?? 0)
        var sum: Int64 = 0
        for step in 0..<(interval / 300) {
            var part = Seeded(UInt64(bitPattern: start / 300 + step) &* 1009 &+ own)
            sum += Int64(part.next() % 50 + 10) * 1_000_000
        }
        return sum
    }

    private mutating func sayZone(_ block: inout IntervalBlock, _ meter: Meter) {
        switch meter.mode {
        case .stated: break
        case .registered:
            (block.zone, block.zoneOrigin) = pick([
                ("UTC", .unstated), ("+10:00", .formatDefault), ("America/New_York", .stated), (meter.zone, .stated),
            ])
        case .partlyStated:
            if random.chance(50) {
                (block.zone, block.zoneOrigin) = pick([("UTC", .unstated), ("+10:00", .formatDefault)])
            }
        case .contradicted:
            if random.chance(50) { block.zone = pick(TruthZones.names) }
        }
    }
}
