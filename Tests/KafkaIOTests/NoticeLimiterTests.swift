import KafkaIO
import Testing

@Suite("Notice limiter")
struct NoticeLimiterTests {
    @Test("one notice of a subject in an interval, and the number held back")
    func limits() {
        var limiter = NoticeLimiter(interval: .seconds(10))
        let start = ContinuousClock.now
        #expect(limiter.admit("FAIL", at: start) == 0)
        #expect(limiter.admit("FAIL", at: start + .seconds(1)) == nil)
        #expect(limiter.admit("FAIL", at: start + .seconds(9)) == nil)
        #expect(limiter.admit("OTHER", at: start + .seconds(9)) == 0)
        #expect(limiter.admit("FAIL", at: start + .seconds(10)) == 2)
        #expect(limiter.admit("FAIL", at: start + .seconds(20)) == 0)
    }

    @Test("subjects are bounded")
    func bounded() {
        var limiter = NoticeLimiter(interval: .seconds(10))
        let start = ContinuousClock.now
        for index in 0..<64 { #expect(limiter.admit("subject \(index)", at: start) == 0) }
        #expect(limiter.admit("subject 0", at: start) == nil)
        #expect(limiter.admit("one more", at: start) == 0)
        #expect(limiter.admit("subject 0", at: start) == 0)
    }
}
