import StreamCore
import Synchronization

/// The senders' own idempotency keys that were stored lately, each with its content, so that a key under which other content comes is
/// refused while the sender still has that content.
///
/// It holds between one and two times `limit` keys and forgets the older half at a time. What it no longer holds, or another gateway
/// took in, or came at the same moment, the normalizer finds.
final class RecentKeys: Sendable {
    /// What was stored under a key.
    struct Stored: Equatable {
        /// SHA-256, its first 64 bits.
        var content: UInt64
        var partition: Int32
        var offset: Int64
        /// ms since 1970-01-01T00:00:00Z.
        var receivedAtMilliseconds: Int64
    }

    private struct Generations {
        var current: [Hash128: Stored] = [:]
        var previous: [Hash128: Stored] = [:]
    }

    private let limit: Int
    private let horizonMilliseconds: Int64
    private let generations = Mutex(Generations())

    /// - Parameters:
    ///   - limit: keys of one generation; 0 remembers none.
    ///   - horizonMilliseconds: how long a key is taken, in receive time.
    init(limit: Int, horizonMilliseconds: Int64) {
        self.limit = max(0, limit)
        self.horizonMilliseconds = horizonMilliseconds
    }

    /// What was stored under `key` within the horizon before `receivedAtMilliseconds`, nil when that is not known.
    func stored(under key: String, receivedAtMilliseconds: Int64) -> Stored? {
        let hash = RecentKeys.hash(key)
        guard let stored = generations.withLock({ $0.current[hash] ?? $0.previous[hash] }) else { return nil }
        return isHeld(stored, at: receivedAtMilliseconds) ? stored : nil
    }

    private func isHeld(_ stored: Stored, at milliseconds: Int64) -> Bool {
        milliseconds - stored.receivedAtMilliseconds < horizonMilliseconds
    }

    /// Remembers what was stored under `key` first within the horizon; later copies of it change nothing.
    func remember(_ stored: Stored, under key: String) {
        guard limit > 0 else { return }
        let hash = RecentKeys.hash(key)
        generations.withLock { generations in
            let known = generations.current[hash] ?? generations.previous[hash]
            let first = known.flatMap { isHeld($0, at: stored.receivedAtMilliseconds) ? $0 : nil } ?? stored
            if generations.current[hash] == nil, generations.current.count >= limit {
                generations.previous = generations.current
                generations.current = [:]
            }
            generations.current[hash] = first
        }
    }

    /// Keys held.
    var count: Int {
        generations.withLock { $0.current.count + $0.previous.count }
    }

    /// The first 64 bits of a hexadecimal SHA-256; 0 for what is none.
    static func hash(ofContent text: String) -> UInt64 {
        UInt64(text.prefix(16), radix: 16) ?? 0
    }

    /// 16 hexadecimal digits, the form in which dead letters name a content too.
    static func text(_ content: UInt64) -> String {
        let digits = String(content, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    private static func hash(_ key: String) -> Hash128 {
        let bytes = Array(key.utf8)
        return Hash128(hashing: bytes.span)
    }
}
