import Testing
import VEE

/// E1 in whole numbers.
struct LinearTests {
    @Test func roundsHalfAwayFromZero() {
        #expect(LinearEstimation.value(before: 0, after: 1, k: 1, count: 1) == 1)
        #expect(LinearEstimation.value(before: 0, after: -1, k: 1, count: 1) == -1)
        #expect(LinearEstimation.value(before: 0, after: 1, k: 1, count: 2) == 0)
        #expect(LinearEstimation.value(before: 0, after: 1, k: 2, count: 2) == 1)
        #expect(LinearEstimation.value(before: -3, after: 4, k: 1, count: 1) == 1)
    }

    @Test func doesNotOverflow() {
        #expect(LinearEstimation.value(before: .max, after: .max, k: 5, count: 9) == .max)
        #expect(LinearEstimation.value(before: .min, after: .min, k: 5, count: 9) == .min)
        #expect(LinearEstimation.value(before: .min, after: .max, k: 1, count: 1) == -1)
    }

    @Test func isTheSameFromBothEnds() {
        for k in 1...7 as ClosedRange<Int64> {
            let forward = LinearEstimation.value(before: 1_234_567, after: 9_876_543, k: k, count: 7)
            let backward = LinearEstimation.value(before: 9_876_543, after: 1_234_567, k: 8 - k, count: 7)
            #expect(forward == backward)
        }
    }
}
