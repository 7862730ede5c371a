extension PartitionLog {
    /// Compacts if the topic's policy says so and enough has changed.
    ///
    /// - Parameter force: compact whatever the dirty ratio.
    /// - Returns: whether it has compacted.
    @discardableResult
    public func compact(nowMilliseconds: Int64, force: Bool = false) throws(StorageError) -> Bool { false }
}
