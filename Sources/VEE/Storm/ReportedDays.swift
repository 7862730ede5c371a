import StreamCore

/// The local dates for which a channel has data, the newest of them and 63 days before it.
struct ReportedDays: Sendable, Equatable {
    /// Days since 1970; the day of bit 0.
    private(set) var newest: Int32 = 0
    private(set) var bits: UInt64 = 0

    func contains(_ day: Int32) -> Bool {
        let age = Int64(newest) - Int64(day)
        return (0..<64).contains(age) && bits & (1 << UInt64(age)) != 0
    }

    func containsAny(_ days: ClosedRange<Int32>) -> Bool {
        bits != 0 && days.contains(where: contains)
    }

    mutating func insert(_ day: Int32) {
        if bits == 0 { newest = day }
        let age = Int64(newest) - Int64(day)
        if age < 0 {
            bits = age > -64 ? bits << UInt64(-age) | 1 : 1
            newest = day
        } else if age < 64 {
            bits |= 1 << UInt64(age)
        }
    }
}

extension ReportedDays {
    func encode(into writer: inout CompactWriter) {
        writer.append(newest)
        writer.append(unsigned: bits)
    }

    init(_ reader: inout CompactReader, _ bytes: Span<UInt8>) throws(StateError) {
        newest = try reader.integer(bytes)
        self.bits = try reader.unsigned(bytes)
    }
}
