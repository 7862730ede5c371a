import StreamCore

/// A consumer group with incremental rebalances: a partition is offered to its new owner only after the old one gave it back or was
/// removed.
struct SimulatedGroup: Sendable {
    struct Member: Sendable {
        var owned: Set<TopicPartition> = []
        var target: Set<TopicPartition> = []
        /// Static membership (KIP-345); nil is a dynamic member.
        var instance: String?
    }

    /// What a member is to be told at its next poll.
    enum Notice {
        case assigned([TopicPartition])
        case revoked([TopicPartition])
        case removed
        /// Another member has joined under the same instance id.
        case replaced
    }

    private(set) var members: [Int: Member] = [:]
    private(set) var committed: [TopicPartition: Int64] = [:]
    private var partitions: [TopicPartition] = []
    /// Members whose instance id somebody else has taken.
    private var replaced: Set<Int> = []
    private var nextMember = 1
    private var rotation = 0

    /// A static member that is still known gets what it had, and nobody else hears of it.
    mutating func join(_ partitions: [TopicPartition], instance: String?) -> Int {
        self.partitions = partitions.sorted()
        let id = nextMember
        nextMember += 1
        if let instance, let former = members.first(where: { $0.value.instance == instance }) {
            members[former.key] = nil
            replaced.insert(former.key)
            members[id] = Member(target: former.value.target, instance: instance)
            return id
        }
        members[id] = Member(instance: instance)
        retarget()
        return id
    }

    mutating func remove(_ member: Int) {
        guard members.removeValue(forKey: member) != nil else { return }
        retarget()
    }

    /// A member joins under the name of this one and leaves at once: the group goes on without both.
    mutating func takeName(of member: Int) {
        guard members[member] != nil else { return }
        replaced.insert(member)
        remove(member)
    }

    /// Moves the assignment around although the members are the same.
    mutating func shuffle() {
        rotation += 1
        retarget()
    }

    func isMember(_ member: Int) -> Bool { members[member] != nil }

    func isReplaced(_ member: Int) -> Bool { replaced.contains(member) }

    mutating func notice(for member: Int) -> Notice? {
        guard let state = members[member] else { return isReplaced(member) ? .replaced : .removed }
        let surplus = state.owned.subtracting(state.target)
        if !surplus.isEmpty { return .revoked(surplus.sorted()) }
        let ownedByOthers = members.filter { $0.key != member }.reduce(into: Set<TopicPartition>()) {
            $0.formUnion($1.value.owned)
        }
        let free = state.target.subtracting(state.owned).subtracting(ownedByOthers)
        guard !free.isEmpty else { return nil }
        members[member]?.owned.formUnion(free)
        return .assigned(free.sorted())
    }

    mutating func giveBack(_ partitions: [TopicPartition], by member: Int) {
        members[member]?.owned.subtract(partitions)
    }

    /// - Returns: false when an offset went backwards, which no correct reader does.
    mutating func commit(_ partition: TopicPartition, _ nextOffset: Int64) -> Bool {
        let isForward = nextOffset >= committed[partition, default: 0]
        committed[partition] = nextOffset
        return isForward
    }

    /// Sets an offset, as an operator does.
    mutating func overwrite(_ partition: TopicPartition, _ nextOffset: Int64?) {
        committed[partition] = nextOffset
    }

    private mutating func retarget() {
        let ids = members.keys.sorted()
        guard !ids.isEmpty else { return }
        for id in ids { members[id]?.target = [] }
        for (index, partition) in partitions.enumerated() {
            members[ids[(index + rotation) % ids.count]]?.target.insert(partition)
        }
    }
}
