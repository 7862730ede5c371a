import ArgumentParser
import RuleSets

/// `meterlog rules schema`: what a rule file may say, for editors and checkers.
struct RulesSchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print the JSON Schema of rule files: every parameter with its range, default and meaning."
    )

    func run() {
        // It ends with a line break of its own.
        Terminal.print(String(RuleSet.jsonSchema.dropLast()))
    }
}
