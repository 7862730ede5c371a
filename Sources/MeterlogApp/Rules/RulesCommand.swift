import ArgumentParser

/// `meterlog rules`: what VEE judges by.
struct RulesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules",
        abstract: "Check, activate, show and compare the rule sets of validation and estimation.",
        discussion: """
            A rule set is a JSON file (docs/vee.md); its version is the hash of its bytes. It holds for data from an effective instant on, \
            and every result names the version that decided it.
            """,
        subcommands: [
            RulesCheckCommand.self, RulesSchemaCommand.self, RulesActivateCommand.self, RulesShowCommand.self,
            RulesDiffCommand.self,
        ]
    )
}
