import Settings
import Testing

@Suite struct MetricsSettingsTests {
    private let loader = SettingsLoader(environment: [:])

    @Test func loopbackAtThePortOfTheServiceUnlessSaidOtherwise() throws {
        #expect(try loader.parse(yaml: "", path: "f.yaml").metrics.address == .automatic)
        #expect(try loader.parse(yaml: "metrics: {address: auto}", path: "f.yaml").metrics.address == .automatic)
    }

    @Test func anAddressOrOff() throws {
        let cases: [(String, Settings.Metrics.Address)] = [
            ("'off'", .off), ("127.0.0.1:9700", .at(host: "127.0.0.1", port: 9700)),
            ("\"[::1]:0\"", .at(host: "::1", port: 0)), ("metrics.local:1", .at(host: "metrics.local", port: 1)),
        ]
        for (text, address) in cases {
            #expect(try loader.parse(yaml: "metrics: {address: \(text)}", path: "f.yaml").metrics.address == address)
        }
        let environment = SettingsLoader(environment: [
            "METERLOG_METRICS_ADDRESS": "off", "METERLOG_LOG_FORMAT": "json",
        ])
        let settings = try environment.load(path: nil)
        #expect(settings.metrics.address == .off)
        #expect(settings.logFormat == "json")
    }

    @Test(arguments: ["9700", "host", ":1", "host:65536", "host:x", "a b:1", "on"])
    func anythingElseIsRefusedWithItsLine(text: String) {
        #expect(
            throws: SettingsError.wrongValue(
                origin: "f.yaml:2",
                key: "metrics.address",
                value: text,
                expected: "auto, off or HOST:PORT"
            )
        ) {
            try SettingsLoader(environment: [:]).parse(yaml: "metrics:\n  address: '\(text)'", path: "f.yaml")
        }
    }

    @Test func tokensAreSecrets() throws {
        let settings = try loader.parse(yaml: "metrics: {tokens: {secret: prometheus}}", path: "f.yaml")
        #expect(settings.metrics.tokens == ["secret": "prometheus"])
        #expect(settings.holdsSecrets)
    }
}
