import KafkaProtocol

typealias JoinReply = @Sendable (JoinGroupResponse) -> Void
typealias SyncReply = @Sendable (SyncGroupResponse) -> Void

/// One member of a consumer group.
struct GroupMember: Sendable {
    var id: String
    var instanceId: String?
    var clientId: String
    var clientHost: String
    var sessionTimeout: Int32
    var rebalanceTimeout: Int32
    var protocolType: String
    /// In the order the member prefers them.
    var protocols: [GroupProtocol]
    var assignment: [UInt8] = []
    /// Present while the member waits in JoinGroup.
    var join: JoinReply?
    /// Present while the member waits in SyncGroup.
    var sync: SyncReply?
    var hasSynced = false
    /// Monotonic milliseconds.
    var sessionDeadline: Int64 = 0

    func metadata(for name: String?) -> [UInt8] {
        protocols.first { $0.name == name }?.metadata ?? []
    }

    /// Alive without heartbeats while its request waits here.
    var isWaiting: Bool { join != nil || sync != nil }
}

/// A protocol a member offers, for example an assignment strategy, and its bytes.
struct GroupProtocol: Sendable, Equatable {
    var name: String
    var metadata: [UInt8]
}
