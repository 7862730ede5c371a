import EmbeddedLog
import KafkaProtocol
import Testing

/// A member of a group as tests drive it.
private struct Member {
    let client: TestClient
    let group: String
    var id = ""
    var instance: String?
    var generation: Int32 = -1
    /// The subscription it offers.
    var metadata: [UInt8] = [0, 0]

    func joinRequest(sessionTimeout: Int32 = 10_000) -> JoinGroupRequest {
        var offered = JoinGroupRequest.JoinGroupRequestProtocol()
        offered.name = "range"
        offered.metadata = metadata
        var request = JoinGroupRequest()
        request.groupId = group
        request.sessionTimeoutMs = sessionTimeout
        request.rebalanceTimeoutMs = 20_000
        request.memberId = id
        request.groupInstanceId = instance
        request.protocolType = "consumer"
        request.protocols = [offered]
        return request
    }

    /// Joins, in two steps if the broker wants the member to come back with its id.
    mutating func join(sessionTimeout: Int32 = 10_000) throws -> JoinGroupResponse {
        var response = try client.call(joinRequest(sessionTimeout: sessionTimeout), version: 7)
        if response.errorCode == ErrorCode.memberIdRequired.rawValue {
            id = response.memberId
            response = try client.call(joinRequest(sessionTimeout: sessionTimeout), version: 7)
        }
        if response.errorCode == 0 {
            id = response.memberId
            generation = response.generationId
        }
        return response
    }

    func sync(_ assignments: [String: [UInt8]] = [:]) throws -> SyncGroupResponse {
        try client.call(syncRequest(assignments), version: 5)
    }

    func syncRequest(_ assignments: [String: [UInt8]] = [:]) -> SyncGroupRequest {
        var request = SyncGroupRequest()
        request.groupId = group
        request.generationId = generation
        request.memberId = id
        request.groupInstanceId = instance
        request.protocolType = "consumer"
        request.protocolName = "range"
        request.assignments = assignments.map { id, bytes in
            var entry = SyncGroupRequest.SyncGroupRequestAssignment()
            entry.memberId = id
            entry.assignment = bytes
            return entry
        }
        return request
    }

    func heartbeat() throws -> ErrorCode? {
        var request = HeartbeatRequest()
        request.groupId = group
        request.generationId = generation
        request.memberId = id
        request.groupInstanceId = instance
        return ErrorCode(rawValue: try client.call(request, version: 4).errorCode)
    }

    func commit(_ topic: String, _ offset: Int64) throws -> ErrorCode? {
        var partition = OffsetCommitRequest.OffsetCommitRequestTopic.OffsetCommitRequestPartition()
        partition.committedOffset = offset
        partition.committedMetadata = "note"
        var entry = OffsetCommitRequest.OffsetCommitRequestTopic()
        entry.name = topic
        entry.partitions = [partition]
        var request = OffsetCommitRequest()
        request.groupId = group
        request.memberId = id
        request.groupInstanceId = instance
        request.generationIdOrMemberEpoch = generation
        request.topics = [entry]
        let response = try client.call(request, version: 8)
        return response.topics.first?.partitions.first.flatMap { ErrorCode(rawValue: $0.errorCode) }
    }
}

/// What the group has committed for partition 0, or the error.
func committed(
    _ group: String,
    _ topic: String,
    _ client: TestClient,
    stable: Bool = false
) throws -> (code: ErrorCode?, offset: Int64) {
    var wanted = OffsetFetchRequest.OffsetFetchRequestTopic()
    wanted.name = topic
    wanted.partitionIndexes = [0]
    var request = OffsetFetchRequest()
    request.groupId = group
    request.topics = [wanted]
    request.requireStable = stable
    guard let result = try client.call(request, version: 7).topics.first?.partitions.first else {
        throw TestFailure("no partition")
    }
    return (ErrorCode(rawValue: result.errorCode), result.committedOffset)
}

@Suite("Groups")
struct GroupTests {
    @Test("two members share a group: the first rejoins, the leader assigns, both are told")
    func rebalance() async throws {
        try await TestBroker.with { broker in
            var first = Member(client: try broker.connect(), group: "g")
            #expect(try first.join().leader == first.id)
            #expect(first.generation == 1)
            #expect(try first.sync([first.id: [1, 2, 3]]).assignment == [1, 2, 3])
            #expect(try first.heartbeat() == ErrorCode.none)

            var second = Member(client: try broker.connect(), group: "g")
            let named = try second.client.call(second.joinRequest(), version: 7)
            #expect(named.errorCode == ErrorCode.memberIdRequired.rawValue)
            second.id = named.memberId
            try second.client.send(second.joinRequest(), version: 7)
            var code = try first.heartbeat()
            while code == ErrorCode.none { code = try first.heartbeat() }
            #expect(code == .rebalanceInProgress)
            let rejoined = try first.join()
            let joined = try second.client.receive(JoinGroupResponse.self, version: 7)
            second.generation = joined.generationId
            #expect(rejoined.generationId == 2 && joined.generationId == 2)
            #expect(Set(rejoined.members.map { $0.memberId }) == [first.id, second.id])
            #expect(joined.members.isEmpty && joined.leader == first.id)
            try second.client.send(second.syncRequest(), version: 5)
            #expect(try first.sync([first.id: [1], second.id: [2]]).assignment == [1])
            #expect(try second.client.receive(SyncGroupResponse.self, version: 5).assignment == [2])
        }
    }

    @Test("commits are kept, and refused to strangers and to earlier generations")
    func commits() async throws {
        try await TestBroker.with { broker in
            let client = try broker.connect()
            try client.createTopic("t")
            var member = Member(client: try broker.connect(), group: "g")
            _ = try member.join()
            #expect(try member.commit("t", 1) == .rebalanceInProgress)
            _ = try member.sync([member.id: [1]])
            #expect(try member.commit("t", 42) == ErrorCode.none)
            #expect(try committed("g", "t", client).offset == 42)
            #expect(try member.commit("none", 1) == .unknownTopicOrPartition)
            var stranger = Member(client: client, group: "g")
            stranger.id = "stranger"
            stranger.generation = 1
            #expect(try stranger.commit("t", 50) == .unknownMemberId)
            var late = member
            late.generation = 0
            #expect(try late.commit("t", 50) == .illegalGeneration)
            #expect(try late.heartbeat() == .illegalGeneration)
            #expect(try committed("g", "t", client).offset == 42)
            #expect(try committed("other", "t", client).offset == -1)
        }
    }

    @Test("offsets and membership outlive the broker")
    func restart() async throws {
        let directory = try TestBroker.makeDirectory()
        let first = try await TestBroker.start(directory: directory)
        let client = try first.connect()
        try client.createTopic("t")
        var member = Member(client: client, group: "g")
        _ = try member.join()
        _ = try member.sync([member.id: [7]])
        #expect(try member.commit("t", 9) == ErrorCode.none)
        try await first.stop()
        let second = try await TestBroker.start(directory: directory)
        let again = Member(
            client: try second.connect(),
            group: "g",
            id: member.id,
            instance: nil,
            generation: member.generation
        )
        #expect(try again.heartbeat() == ErrorCode.none)
        #expect(try again.sync().assignment == [7])
        #expect(try committed("g", "t", again.client).offset == 9)
        try await second.stop()
        try TestBroker.removeDirectory(directory)
    }

    @Test("a silent member is dropped when its session is over")
    func sessionTimeout() async throws {
        let time = ManualClock()
        try await TestBroker.with {
            $0.clock = time.clock
        } _: { broker in
            var member = Member(client: try broker.connect(), group: "g")
            _ = try member.join(sessionTimeout: 10_000)
            _ = try member.sync([member.id: []])
            time.advance(milliseconds: 9_000)
            #expect(try member.heartbeat() == ErrorCode.none)
            time.advance(milliseconds: 10_001)
            var code = try member.heartbeat()
            for _ in 0..<100 where code == ErrorCode.none {
                try await Task.sleep(for: .milliseconds(20))
                time.advance(milliseconds: 10_001)
                try await Task.sleep(for: .milliseconds(120))
                code = try member.heartbeat()
            }
            #expect(code == .unknownMemberId)
        }
    }

    @Test("a static member that restarts gets its assignment without a rebalance; its former self is fenced")
    func staticMember() async throws {
        try await TestBroker.with { broker in
            var member = Member(client: try broker.connect(), group: "g", instance: "i")
            _ = try member.join()
            _ = try member.sync([member.id: [5]])
            var restarted = Member(client: try broker.connect(), group: "g", instance: "i")
            let response = try restarted.join()
            #expect(response.errorCode == 0 && response.generationId == member.generation)
            #expect(restarted.id != member.id)
            #expect(try restarted.sync().assignment == [5])
            #expect(try member.heartbeat() == .fencedInstanceId)
        }
    }

    @Test("what a restarted static member owned is no reason for a rebalance, what it reads is")
    func staticSubscription() async throws {
        try await TestBroker.with { broker in
            var member = Member(client: try broker.connect(), group: "g", instance: "i")
            member.metadata = try Self.subscription(["t"], owned: [0, 1])
            _ = try member.join()
            _ = try member.sync([member.id: [5]])
            var restarted = Member(client: try broker.connect(), group: "g", instance: "i")
            restarted.metadata = try Self.subscription(["t"], owned: [])
            #expect(try restarted.join().generationId == member.generation)
            #expect(try restarted.sync().assignment == [5])
            var changed = Member(client: try broker.connect(), group: "g", instance: "i")
            changed.metadata = try Self.subscription(["t", "u"], owned: [])
            #expect(try changed.join().generationId == member.generation + 1)
        }
    }

    /// A consumer's subscription that names what it owns (version 1).
    private static func subscription(_ topics: [String], owned: [Int32]) throws -> [UInt8] {
        var subscription = ConsumerProtocolSubscription()
        subscription.topics = topics
        var partitions = ConsumerProtocolSubscription.TopicPartition()
        partitions.topic = "t"
        partitions.partitions = owned
        subscription.ownedPartitions = owned.isEmpty ? [] : [partitions]
        return try subscription.encoded(version: 1)
    }

    @Test("after a restart of the broker a static member joins as before, and keeps the id it was told")
    func staticMemberAfterRestart() async throws {
        let first = try await TestBroker.start()
        var member = Member(client: try first.connect(), group: "g", instance: "i")
        _ = try member.join()
        _ = try member.sync([member.id: [5]])
        var again = Member(client: try first.connect(), group: "g", instance: "i")
        _ = try again.join()
        try await first.stop()
        let second = try await TestBroker.start(directory: first.directory)
        var returned = Member(client: try second.connect(), group: "g", id: again.id, instance: "i")
        returned.generation = again.generation
        #expect(try returned.heartbeat() == ErrorCode.none)
        var joined = Member(client: try second.connect(), group: "g", instance: "i")
        #expect(try joined.join().generationId == again.generation)
        #expect(try joined.heartbeat() == ErrorCode.none)
        #expect(try returned.heartbeat() == .fencedInstanceId)
        try await second.stop()
        try TestBroker.removeDirectory(first.directory)
    }

    @Test("leaving empties the group; then it can be deleted, with its offsets")
    func leaveAndDelete() async throws {
        try await TestBroker.with { broker in
            let client = try broker.connect()
            try client.createTopic("t")
            var member = Member(client: client, group: "g")
            _ = try member.join()
            _ = try member.sync([member.id: []])
            #expect(try member.commit("t", 3) == ErrorCode.none)
            var deletion = DeleteGroupsRequest()
            deletion.groupsNames = ["g"]
            #expect(try client.call(deletion, version: 2).results.first?.errorCode == ErrorCode.nonEmptyGroup.rawValue)
            var leaving = LeaveGroupRequest.MemberIdentity()
            leaving.memberId = member.id
            var leave = LeaveGroupRequest()
            leave.groupId = "g"
            leave.members = [leaving]
            #expect(try client.call(leave, version: 4).members.first?.errorCode == 0)
            #expect(try client.call(ListGroupsRequest(), version: 4).groups.first?.groupState == "Empty")
            #expect(try client.call(deletion, version: 2).results.first?.errorCode == 0)
            #expect(try committed("g", "t", client).offset == -1)
            #expect(
                try client.call(deletion, version: 2).results.first?.errorCode == ErrorCode.groupIdNotFound.rawValue
            )
        }
    }

    @Test("bad joins get Kafka's codes")
    func badJoins() async throws {
        try await TestBroker.with { broker in
            var member = Member(client: try broker.connect(), group: "")
            #expect(try member.join().errorCode == ErrorCode.invalidGroupId.rawValue)
            member = Member(client: member.client, group: "g")
            #expect(try member.join(sessionTimeout: 1).errorCode == ErrorCode.invalidSessionTimeout.rawValue)
            member.id = "unknown"
            #expect(try member.join().errorCode == ErrorCode.unknownMemberId.rawValue)
        }
    }

    @Test("a member whose session is over is gone for administrators at once")
    func expiredForAdministrators() async throws {
        let time = ManualClock()
        try await TestBroker.with {
            $0.clock = time.clock
        } _: { broker in
            let client = try broker.connect()
            var member = Member(client: client, group: "g", instance: "i")
            #expect(try member.join(sessionTimeout: 5_000).errorCode == 0)
            #expect(try member.sync([member.id: [1]]).errorCode == 0)
            var deletion = DeleteGroupsRequest()
            deletion.groupsNames = ["g"]
            let busy = try client.call(deletion, version: 2).results.first?.errorCode
            #expect(busy == ErrorCode.nonEmptyGroup.rawValue)
            time.advance(milliseconds: 5_000)
            #expect(try client.call(deletion, version: 2).results.first?.errorCode == 0)
        }
    }
}
