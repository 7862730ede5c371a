import StreamCore
import Testing

/// Values of Apache Kafka's own test of `Utils.murmur2` (UtilsTest.testMurmur2), facts of the protocol.
@Suite struct PartitionerTests {
    @Test(arguments: [
        ("21", -973_932_308), ("foobar", -790_332_482), ("a-little-bit-long-string", -985_981_536),
        ("a-little-bit-longer-string", -1_486_304_829),
        ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971), ("abc", 479_470_107),
    ])
    func murmur2IsKafkas(key: String, expected: Int32) {
        let bytes = Array(key.utf8)
        #expect(Int32(bitPattern: Partitioner.murmur2(bytes.span)) == expected)
        for count: Int32 in [1, 3, 16] {
            #expect(Partitioner.partition(ofKey: bytes.span, count: count) == (expected & 0x7fff_ffff) % count)
        }
    }

    @Test func partitionIsInRangeForEveryLengthOfKey() {
        for length in 0..<40 {
            let key = [UInt8](repeating: UInt8(length), count: length)
            #expect((0..<7).contains(Partitioner.partition(ofKey: key.span, count: 7)))
        }
    }
}
