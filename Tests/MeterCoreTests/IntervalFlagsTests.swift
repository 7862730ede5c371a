import MeterCore
import Testing

@Suite struct IntervalFlagsTests {
    @Test func statusOfC1219() {
        #expect(IntervalFlags(c1219Common: 0, channel: 0) == [])
        #expect(IntervalFlags(c1219Common: 0b0010, channel: 4) == [.powerFailed, .skipped])
        #expect(IntervalFlags(c1219Common: 0b0001, channel: 1) == [.daylightSaving, .overflow])
        #expect(IntervalFlags(c1219Common: 0b0100, channel: 2) == [.clockAdjusted, .partial])
        #expect(IntervalFlags(c1219Common: 0b1000, channel: 3) == [.clockAdjusted, .long])
        #expect(IntervalFlags(c1219Common: 0, channel: 5) == .testMode)
        #expect(IntervalFlags(c1219Common: 0, channel: 6) == .configurationChanged)
        #expect(IntervalFlags(c1219Common: 0, channel: 7) == .recordingStopped)
        #expect(IntervalFlags(c1219Common: 0, channel: 15) == [])
    }

    @Test func statusByteOfDLMS() {
        #expect(IntervalFlags(dlmsProfileStatus: 0) == [])
        #expect(IntervalFlags(dlmsProfileStatus: 0x80) == .powerFailed)
        #expect(
            IntervalFlags(dlmsProfileStatus: 0b0110_1111)
                == [.diagnostic, .clockInvalid, .dataInvalid, .daylightSaving, .clockAdjusted, .recovered]
        )
        #expect(IntervalFlags(dlmsProfileStatus: 0b0001_0000) == [])
    }

    @Test func reasonsOfNEM12() {
        #expect(IntervalFlags(nem12Reason: 43) == .powerFailed)
        #expect(IntervalFlags(nem12Reason: 79) == .powerFailed)
        #expect(IntervalFlags(nem12Reason: 90) == .testMode)
        #expect(IntervalFlags(nem12Reason: 0) == [])
        #expect(IntervalFlags(nem12Reason: 64) == [])
    }

    @Test func everyBitHasAName() {
        for bit in 0..<16 {
            let flag = IntervalFlags(rawValue: 1 << UInt16(bit))
            #expect(IntervalFlags(named: IntervalFlags.names[bit]) == flag)
        }
        #expect(IntervalFlags.names.count == 16)
        #expect(IntervalFlags(named: "power_fail") == nil)
    }
}
