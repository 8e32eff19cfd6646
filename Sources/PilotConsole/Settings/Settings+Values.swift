package import ArgumentParser

extension Settings {
  /// A list of anything that can stand behind an option, each read the same way from the other places.
  package func values<Value: ExpressibleByArgument>(_ flags: [Value], _ name: String) throws(CommandFailure) -> [Value]
  {
    if !flags.isEmpty { return flags }
    var values: [Value] = []
    for text in try strings([], name) {
      guard let value = Value(argument: text) else {
        let choices = Value.allValueStrings
        throw .usage(
          "\(name) has a value that can't be used",
          hint: choices.isEmpty
            ? "write it as behind --\(name)" : "it must be one of \(choices.joined(separator: ", "))")
      }
      values.append(value)
    }
    return values
  }

  /// A length of time in seconds, above zero and up to a day.
  package func seconds(_ flag: Double?, _ name: String, default standard: Double) throws(CommandFailure) -> Duration {
    let seconds = try value(flag, name) ?? standard
    guard seconds > 0, seconds <= 86_400 else {
      throw .usage("--\(name) must be more than 0 and at most 86400", hint: "a fraction such as 0.5 is fine")
    }
    return .nanoseconds(Int64(seconds * 1e9))
  }

  /// A whole number within bounds, or nil if it is given nowhere.
  package func int(_ flag: Int?, _ name: String, in bounds: ClosedRange<Int>) throws(CommandFailure) -> Int? {
    guard let number = try int(flag, name) else { return nil }
    return try within(number, name, bounds, else: nil)
  }

  private func within(
    _ number: Int, _ name: String, _ bounds: ClosedRange<Int>, else fallback: Int?
  ) throws(CommandFailure) -> Int? {
    try checking(name, else: fallback) { () throws(CommandFailure) in
      guard bounds.contains(number) else {
        throw .usage("--\(name) must be \(bounds.lowerBound) to \(bounds.upperBound)")
      }
      return number
    }
  }

  /// A whole number within bounds.
  package func int(
    _ flag: Int?, _ name: String, in bounds: ClosedRange<Int>, default standard: Int
  ) throws(CommandFailure) -> Int {
    guard let number = try int(flag, name, default: standard) else { return standard }
    return try within(number, name, bounds, else: standard) ?? standard
  }

  /// Two flags that exclude each other, and mean both if neither is given: which values to go through.
  package func eitherOrBoth(
    _ no: Bool, _ noName: String, _ yes: Bool, _ yesName: String
  ) throws(CommandFailure) -> [Bool] {
    let (no, yes) = (try bool(no, noName), try bool(yes, yesName))
    return no == yes ? [false, true] : [yes]
  }
}
