/// The history and future of one time zone's offset from UTC: the only place where local wall-clock time exists.
///
/// Made from the bytes of a TZif file (RFC 8536, version 2 or later), so that no file is read here and the same bytes give
/// the same answers everywhere. Look-ups are binary searches over a table that reaches to the year 2100; later years
/// are computed from the footer's rule.
public struct ZoneRules: Sendable {
    /// The name given by the caller, such as `Europe/Berlin`.
    public let identifier: String
    /// First second of each span of constant offset, ascending; `starts[0]` is `Int64.min`.
    private let starts: [Int64]
    /// Seconds east of UTC of each span.
    private let offsets: [Int32]
    private let footer: PosixZone?

    /// From here on the footer's rule is evaluated instead of the table.
    private static let tableEndYear = 2100
    /// Wider than any offset from UTC, so that a search this much earlier starts before any span that can matter.
    private static let widestOffset: Int64 = 26 * 3600

    /// Reads TZif data.
    ///
    /// - Throws: `ZoneError` when the bytes are not a TZif file of version 2 or later.
    public init(identifier: String, tzif: Span<UInt8>) throws(ZoneError) {
        let table = try TZifTable(tzif)
        self.identifier = identifier
        var starts = table.starts
        var offsets = table.offsets
        if let footer = table.footer, footer.daylight != nil {
            let lastYear = Instant(secondsSinceEpoch: starts.last.map { max($0, 0) } ?? 0).utc.date.components.year
            for year in max(lastYear, 1970)..<max(Self.tableEndYear, lastYear + 1) {
                for change in footer.changes(inYear: year) where change.second > (starts.last ?? .min) {
                    starts.append(change.second)
                    offsets.append(Int32(change.offset))
                }
            }
        }
        self.starts = starts
        self.offsets = offsets
        self.footer = table.footer
    }

    private init(identifier: String, fixedOffset: Int) {
        self.identifier = identifier
        self.starts = [.min]
        self.offsets = [Int32(fixedOffset)]
        self.footer = nil
    }

    /// Coordinated Universal Time.
    public static let utc = ZoneRules(identifier: "UTC", fixedOffset: 0)

    /// A zone that keeps one offset for ever; the identifier is `UTC` or `+10:00`.
    ///
    /// Offsets beyond 18 hours are cut to 18 hours.
    public static func fixed(offsetSeconds: Int) -> ZoneRules {
        let offset = min(max(offsetSeconds, -18 * 3600), 18 * 3600)
        guard offset != 0 else { return utc }
        var text: [UInt8] = [offset < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+")]
        DecimalText.append(Int64(abs(offset) / 3600), minimumDigits: 2, to: &text)
        text.append(UInt8(ascii: ":"))
        DecimalText.append(Int64(abs(offset) / 60 % 60), minimumDigits: 2, to: &text)
        if offset % 60 != 0 {
            text.append(UInt8(ascii: ":"))
            DecimalText.append(Int64(abs(offset) % 60), minimumDigits: 2, to: &text)
        }
        return ZoneRules(identifier: String(decoding: text, as: UTF8.self), fixedOffset: offset)
    }

    /// The same rules under another name (aliases such as `Etc/GMT-10`).
    public func named(_ identifier: String) -> ZoneRules {
        ZoneRules(identifier: identifier, starts: starts, offsets: offsets, footer: footer)
    }

    private init(identifier: String, starts: [Int64], offsets: [Int32], footer: PosixZone?) {
        self.identifier = identifier
        self.starts = starts
        self.offsets = offsets
        self.footer = footer
    }

    /// Seconds east of UTC at an instant.
    public func offsetSeconds(at instant: Instant) -> Int {
        span(at: instant.secondsSinceEpoch).offset
    }

    /// The local calendar day of an instant.
    public func localDate(of instant: Instant) -> CivilDate {
        (instant + Int64(offsetSeconds(at: instant))).utc.date
    }

    /// The local calendar day of an instant and the wall clock's second of that day.
    public func localTime(of instant: Instant) -> (date: CivilDate, secondOfDay: Int) {
        (instant + Int64(offsetSeconds(at: instant))).utc
    }

    /// The first instant of a local day.
    ///
    /// Where the clock jumps over midnight this is the instant of the jump; a local day that a zone left out altogether
    /// starts when the next one does.
    public func dayStart(of date: CivilDate) -> Instant {
        switch resolve(date: date, secondOfDay: 0) {
        case .unique(let instant): instant
        case .ambiguous(let earlier, _): earlier
        case .skipped(let transition): transition
        }
    }

    /// The instant or instants at which the wall clock showed a time; `secondOfDay` may be 86,400 for 24:00.
    public func resolve(date: CivilDate, secondOfDay: Int) -> LocalTime {
        let local = Int64(date.daysSinceEpoch) * 86_400 + Int64(secondOfDay)
        var current = span(at: local - Self.widestOffset)
        var found: Int64?
        var skipped = current.end
        while true {
            let instant = local - Int64(current.offset)
            if instant >= current.start, instant < current.end {
                guard let earlier = found else {
                    found = instant
                    if current.end == .max { break }
                    let next = span(at: current.end)
                    if local - Int64(next.offset) < next.start { break }
                    current = next
                    continue
                }
                return .ambiguous(
                    earlier: Instant(secondsSinceEpoch: earlier),
                    later: Instant(secondsSinceEpoch: instant)
                )
            }
            if found != nil || instant < current.start || current.end == .max { break }
            skipped = current.end
            current = span(at: current.end)
        }
        guard let found else { return .skipped(transition: Instant(secondsSinceEpoch: skipped)) }
        return .unique(Instant(secondsSinceEpoch: found))
    }

    /// The span of constant offset that holds at a second since 1970: `start` included, `end` not.
    private func span(at second: Int64) -> (start: Int64, end: Int64, offset: Int) {
        var low = 0
        var high = starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= second { low = middle } else { high = middle }
        }
        if high < starts.count { return (starts[low], starts[high], Int(offsets[low])) }
        guard let footer, footer.daylight != nil else { return (starts[low], .max, Int(offsets[low])) }
        return span(after: low, at: second, footer)
    }

    /// The span at a second beyond the table, by the footer's rule.
    private func span(after last: Int, at second: Int64, _ footer: PosixZone) -> (start: Int64, end: Int64, offset: Int)
    {
        var start = starts[last]
        var offset = Int(offsets[last])
        let year = Instant(secondsSinceEpoch: second).utc.date.components.year
        for candidate in (year - 1)...(year + 1) {
            for change in footer.changes(inYear: candidate) where change.second > start {
                if change.second > second { return (start, change.second, offset) }
                start = change.second
                offset = change.offset
            }
        }
        return (start, .max, offset)
    }
}
