internal import CRDKafka
internal import StreamCore
internal import Synchronization

/// What the library's callbacks of one client need; its address is the client's opaque, so it must outlive the client.
final class ClientContext: Sendable {
    enum Rebalance: Sendable {
        case assigned([TopicPartition])
        case revoked([TopicPartition], isLost: Bool)
    }

    private struct State {
        var limiter = NoticeLimiter()
        var rebalances: [Rebalance] = []
        var isClosing = false
        var isAwaitingFirstAssignment = false
    }

    private let state = Mutex(State())
    private let handler: KafkaNoticeHandler?

    init(_ handler: KafkaNoticeHandler?) {
        self.handler = handler
    }

    static func of(_ opaque: UnsafeMutableRawPointer?) -> ClientContext? {
        opaque.map { Unmanaged<ClientContext>.fromOpaque($0).takeUnretainedValue() }
    }

    func notice(severity: Int32, subject: String, message: String) {
        guard let handler else { return }
        let suppressed = state.withLock { $0.limiter.admit(subject, at: .now) }
        guard let suppressed else { return }
        handler(KafkaNotice(severity: severity, subject: subject, message: message, suppressed: suppressed))
    }

    /// From now on a revocation is answered by the callback itself, because nobody polls any more.
    func beginClosing() -> [Rebalance] {
        state.withLock { state in
            state.isClosing = true
            defer { state.rebalances.removeAll() }
            return state.rebalances
        }
    }

    var isClosing: Bool { state.withLock { $0.isClosing } }

    /// Whether the client joins a group and no generation of it has told what this member gets, be it nothing.
    var isAwaitingFirstAssignment: Bool {
        get { state.withLock { $0.isAwaitingFirstAssignment } }
        set { state.withLock { $0.isAwaitingFirstAssignment = newValue } }
    }

    func record(_ rebalance: Rebalance) {
        state.withLock { $0.rebalances.append(rebalance) }
    }

    var hasRebalance: Bool { state.withLock { !$0.rebalances.isEmpty } }

    func takeRebalance() -> Rebalance? {
        state.withLock { $0.rebalances.isEmpty ? nil : $0.rebalances.removeFirst() }
    }
}
