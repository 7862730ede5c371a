import MeterCore
import Settings
import Testing

@Suite struct SettingsLoaderTests {
    @Test func fileThenEnvironment() throws {
        let yaml = """
            kafka:
              brokers: [a:1, "b:2"]
              properties:
                security.protocol: ssl
            gateway:
              port: 9000
              tokens: {secret: head-end-1}
            vee: {grace_hours: 48}
            """
        let settings = try SettingsLoader(environment: [:]).parse(yaml: yaml, path: "f.yaml")
        #expect(settings.kafka.brokers == ["a:1", "b:2"])
        #expect(settings.kafka.properties == ["security.protocol": "ssl"])
        #expect(settings.gateway.port == 9000)
        #expect(settings.gateway.tokens == ["secret": "head-end-1"])
        #expect(settings.vee.graceHours == 48)
        #expect(settings.holdsSecrets)

        let environment = ["METERLOG_KAFKA_BROKERS": " x:1 ,y:2", "METERLOG_GATEWAY_PORT": "8"]
        let fromEnvironment = try SettingsLoader(environment: environment).load(path: nil)
        #expect(fromEnvironment.kafka.brokers == ["x:1", "y:2"])
        #expect(fromEnvironment.gateway.port == 8)
        #expect(!fromEnvironment.holdsSecrets)
    }

    @Test func windowsHaveLengths() throws {
        #expect(Settings().vee.window == .day)
        #expect(Settings().vee.dailyWindow == nil)
        let yaml = "vee: {window: 6h, daily_window: month, silent_days: 5}"
        let settings = try SettingsLoader(environment: [:]).parse(yaml: yaml, path: "f.yaml")
        #expect(settings.vee.window == .hours(6))
        #expect(settings.vee.dailyWindow == .month)
        #expect(settings.vee.silentDays == 5)
        let environment = ["METERLOG_VEE_WINDOW": "week", "METERLOG_VEE_DAILY_WINDOW": "10d"]
        let fromEnvironment = try SettingsLoader(environment: environment).load(path: nil)
        #expect(fromEnvironment.vee.window == .days(7))
        #expect(fromEnvironment.vee.dailyWindow == .days(10))
        #expect(throws: SettingsError.self) {
            try SettingsLoader(environment: [:]).parse(yaml: "vee: {window: 5h}", path: "f.yaml")
        }
    }

    @Test func anUnknownKeyIsNamedWithItsLine() {
        let expected = SettingsError.unknownKey(
            path: "f.yaml",
            line: 3,
            key: "gateway.prot",
            known: [
                "host", "port", "tokens", "max_body_megabytes", "max_unpacked_megabytes", "tick_interval_seconds",
                "simulated_clock",
            ]
        )
        #expect(throws: expected) {
            try SettingsLoader(environment: [:]).parse(yaml: "log_level: info\ngateway:\n  prot: 1\n", path: "f.yaml")
        }
    }

    @Test(arguments: [
        "gateway: {port: 70000}", "gateway: {port: many}", "log_level: loud", "gateway: 3", "- a", "gateway: [",
        "gateway: {simulated_clock: maybe}",
    ])
    func nonsenseIsRefused(_ yaml: String) {
        #expect(throws: SettingsError.self) { try SettingsLoader(environment: [:]).parse(yaml: yaml, path: "f") }
    }

    @Test(arguments: [
        ("postgresql://u:p@h/db", true), ("postgresql://u@h/db", false), ("host=h password=x", true),
        ("postgresql:///db?host=/tmp", false),
    ])
    func passwordsInURLsAreSecrets(_ url: String, _ isSecret: Bool) {
        var settings = Settings()
        settings.databaseURL = url
        #expect(settings.holdsSecrets == isSecret)
    }
}
