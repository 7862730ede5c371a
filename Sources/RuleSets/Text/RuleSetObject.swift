import MeterCore

/// An object of a rule set's text, read by name and type.
struct RuleSetObject {
    let line: Int
    private let members: [(name: String, value: RuleSetText)]

    init(_ text: RuleSetText) throws(RuleSetError) {
        guard case .object(let members) = text.content else {
            throw RuleSetError(line: text.line, reason: "an object should be here")
        }
        self.line = text.line
        self.members = members
    }

    /// Refuses names that mean nothing here.
    func allow(_ names: [String]) throws(RuleSetError) {
        for member in members where !names.contains(member.name) {
            throw RuleSetError(line: member.value.line, reason: "\"\(member.name)\" is not known here")
        }
    }

    var names: [String] { members.map(\.name) }

    /// The line of a member's value, or of the object where there is no such member.
    func line(of name: String) -> Int { value(name)?.line ?? line }

    private func value(_ name: String) -> RuleSetText? {
        members.first(where: { $0.name == name })?.value
    }

    func object(_ name: String) throws(RuleSetError) -> RuleSetObject? {
        guard let text = value(name) else { return nil }
        return try RuleSetObject(text)
    }

    func objects(_ name: String) throws(RuleSetError) -> [RuleSetObject]? {
        guard let text = value(name) else { return nil }
        guard case .list(let elements) = text.content else { throw wrong(text, name, "a list of objects") }
        var objects: [RuleSetObject] = []
        for element in elements { objects.append(try RuleSetObject(element)) }
        return objects
    }

    func flag(_ name: String) throws(RuleSetError) -> Bool? {
        guard let text = value(name) else { return nil }
        guard case .flag(let flag) = text.content else { throw wrong(text, name, "true or false") }
        return flag
    }

    func text(_ name: String) throws(RuleSetError) -> String? {
        guard let text = value(name) else { return nil }
        guard case .text(let content) = text.content else { throw wrong(text, name, "a text") }
        return content
    }

    func texts(_ name: String) throws(RuleSetError) -> [String]? {
        guard let text = value(name) else { return nil }
        guard case .list(let elements) = text.content else { throw wrong(text, name, "a list of texts") }
        var texts: [String] = []
        for element in elements {
            guard case .text(let content) = element.content, !content.isEmpty else {
                throw wrong(element, name, "a list of texts")
            }
            texts.append(content)
        }
        return texts
    }

    /// A number in billionths; `range` is in ones.
    func number(_ name: String, _ range: ClosedRange<Int64>) throws(RuleSetError) -> Int64? {
        guard let text = value(name) else { return nil }
        return try number(text, name, range)
    }

    func whole(_ name: String, _ range: ClosedRange<Int64>) throws(RuleSetError) -> Int64? {
        guard let text = value(name) else { return nil }
        return try whole(text, name, range)
    }

    func wholes(_ name: String, _ range: ClosedRange<Int64>) throws(RuleSetError) -> [Int64]? {
        guard let text = value(name) else { return nil }
        guard case .list(let elements) = text.content else { throw wrong(text, name, "a list of whole numbers") }
        var numbers: [Int64] = []
        for element in elements { numbers.append(try whole(element, name, range)) }
        return numbers
    }

    private func whole(_ text: RuleSetText, _ name: String, _ range: ClosedRange<Int64>) throws(RuleSetError) -> Int64 {
        let billionths = try number(text, name, range)
        guard billionths % Quantity.scale == 0 else { throw wrong(text, name, "a whole number") }
        return billionths / Quantity.scale
    }

    private func number(_ text: RuleSetText, _ name: String, _ range: ClosedRange<Int64>) throws(RuleSetError) -> Int64
    {
        guard case .number(let billionths) = text.content,
            billionths >= range.lowerBound * Quantity.scale, billionths <= range.upperBound * Quantity.scale
        else { throw wrong(text, name, "a number from \(range.lowerBound) to \(range.upperBound)") }
        return billionths
    }

    private func wrong(_ text: RuleSetText, _ name: String, _ wanted: String) -> RuleSetError {
        RuleSetError(line: text.line, reason: "\"\(name)\" should be \(wanted)")
    }
}
