extension Settings.Metrics.Address {
    /// `auto`, `off`, or HOST:PORT (an IPv6 host in brackets); nil for anything else.
    public init?(text: String) {
        switch text {
        case "auto": self = .automatic
        case "off": self = .off
        default:
            guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
                (0...65_535).contains(port)
            else { return nil }
            var host = text[..<colon]
            if host.first == "[", host.last == "]" { host = host.dropFirst().dropLast() }
            guard !host.isEmpty, !host.contains(where: \.isWhitespace) else { return nil }
            self = .at(host: String(host), port: port)
        }
    }
}
