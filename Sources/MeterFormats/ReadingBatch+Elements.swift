extension ReadingBatch {
    /// Takes the objects of a control payload one by one. One that makes no sense is left out alone when it stands in a list.
    mutating func takeElements(
        of bytes: Span<UInt8>,
        named name: String,
        _ take: (JSONNode, inout ReadingBatch) throws(DecodeError) -> Void
    ) throws(DecodeError) {
        let (nodes, isList) = try JSONNode.read(bytes).elements(named: name)
        for (index, node) in nodes.enumerated() {
            do throws(DecodeError) {
                try take(node, &self)
            } catch {
                guard isList else { throw error }
                reject(error, line: index + 1)
            }
        }
        try refuseIfAllRejected()
    }
}
