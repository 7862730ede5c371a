import Glibc

/// Finds the process that listens on a local port, so that the broker's CPU time can be told.
package enum BrokerProcess {
    /// - Parameter address: `host:port`; nil when the host is not this machine or nobody's socket can be seen.
    package static func find(listeningOn address: String) -> Int32? {
        guard let colon = address.lastIndex(of: ":"), let port = UInt16(address[address.index(after: colon)...]) else {
            return nil
        }
        let host = address[..<colon]
        guard host == "localhost" || host == "[::1]" || host.hasPrefix("127.") else { return nil }
        let nodes = ["/proc/net/tcp", "/proc/net/tcp6"].compactMap { socketNode(listeningOn: port, in: $0) }
        guard !nodes.isEmpty else { return nil }
        let links = Set(nodes.map { "socket:[\($0)]" })
        return names(inFolder: "/proc").compactMap { Int32($0) }.first { holds($0, oneOf: links) }
    }

    /// The inode of the listening socket, see proc_net_tcp in the kernel's documentation: field 1 local address, 3 state, 9 inode.
    private static func socketNode(listeningOn port: UInt16, in table: String) -> Substring? {
        guard let text = ProcessUsage.text(ofFile: table) else { return nil }
        let hexadecimal = String(port, radix: 16, uppercase: true)
        let ending = ":" + String(repeating: "0", count: 4 - hexadecimal.count) + hexadecimal
        for line in text.split(separator: "\n").dropFirst() {
            let fields = line.split(separator: " ")
            if fields.count > 9, fields[1].hasSuffix(ending), fields[3] == "0A" { return fields[9] }
        }
        return nil
    }

    private static func holds(_ process: Int32, oneOf links: Set<String>) -> Bool {
        let folder = "/proc/\(process)/fd"
        return names(inFolder: folder).contains { name in
            var target = [CChar](repeating: 0, count: 64)
            let count = readlink("\(folder)/\(name)", &target, target.count)
            let text = String(decoding: target.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
            return links.contains(text)
        }
    }

    private static func names(inFolder path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            names.append(String(decoding: name, as: UTF8.self))
        }
        return names
    }
}
