/// What must happen after the state has been changed, off the lock: answers and writes.
struct Effects: Sendable {
    private var actions: [@Sendable () -> Void] = []

    mutating func add(_ action: @escaping @Sendable () -> Void) {
        actions.append(action)
    }

    func run() {
        for action in actions { action() }
    }
}
