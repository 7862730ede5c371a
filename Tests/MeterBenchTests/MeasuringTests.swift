import Glibc
import MeterBench
import Testing

@Suite("Measuring")
struct MeasuringTests {
    @Test func aResultIsOneJSONObjectInOrder() {
        var result = BenchResult()
        result.add("work", .text("a \"b\"\n"))
        result.add("count", .integer(-3))
        result.add("rate", .number(1_234.567, decimals: 2))
        result.add("share", .number(-0.05, decimals: 3))
        result.add("whole", .number(2.5e6, decimals: 0))
        result.add("infinite", .number(1 / 0, decimals: 1))
        result.add("broker", .unknown)
        #expect(
            result.json
                == #"{"work":"a \"b\"\n","count":-3,"rate":1234.57,"share":-0.050,"whole":2500000,"infinite":null,"broker":null}"#
        )
    }

    @Test func ownUsageGrowsWithWork() throws {
        let before = ProcessUsage.ownCPUSeconds()
        var sum: UInt64 = 0
        for index in 0..<2_000_000 as Range<UInt64> { sum = sum &* 31 &+ index }
        #expect(sum != 0)
        #expect(ProcessUsage.ownCPUSeconds() > before)
        #expect(try #require(ProcessUsage.cpuSeconds(of: getpid())) >= 0)
        #expect(try #require(ProcessUsage.peakMemoryBytes()) > 1 << 20)
    }

    @Test func theListenerOfAPortIsFound() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let port = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                guard bind(descriptor, generic, length) == 0, listen(descriptor, 1) == 0,
                    getsockname(descriptor, generic, &length) == 0
                else { return UInt16(0) }
                return 1
            }
        }
        try #require(port == 1)
        let found = BrokerProcess.find(listeningOn: "127.0.0.1:\(UInt16(bigEndian: address.sin_port))")
        #expect(found == getpid())
        #expect(BrokerProcess.find(listeningOn: "kafka.example.org:9092") == nil)
    }
}
