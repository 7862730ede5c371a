/// PostgreSQL counts time from 2000-01-01 00:00 UTC (documentation, section 8.5; `src/include/datatype/timestamp.h`);
/// everything outside this file counts from 1970-01-01.
enum PostgresTime {
    static let epochMicroseconds: Int64 = 946_684_800_000_000
    static let epochDays: Int32 = 10_957

    /// The stored form; the ends of the range of Int64 are PostgreSQL's `-infinity` and `infinity` and stay as they are.
    static func stored(microseconds: Int64) -> Int64 {
        if microseconds == .max || microseconds == .min { return microseconds }
        let (difference, overflow) = microseconds.subtractingReportingOverflow(epochMicroseconds)
        return overflow ? .min : difference
    }

    static func microseconds(stored: Int64) -> Int64 {
        if stored == .max || stored == .min { return stored }
        let (sum, overflow) = stored.addingReportingOverflow(epochMicroseconds)
        return overflow ? .max : sum
    }

    static func stored(days: Int32) -> Int32 {
        if days == .max || days == .min { return days }
        let (difference, overflow) = days.subtractingReportingOverflow(epochDays)
        return overflow ? .min : difference
    }

    static func days(stored: Int32) -> Int32 {
        if stored == .max || stored == .min { return stored }
        let (sum, overflow) = stored.addingReportingOverflow(epochDays)
        return overflow ? .max : sum
    }
}
