/// A length of time as it is written on a command line: `90s`, `5m`, `2h`.
package struct Length: Sendable, Equatable {
  package let seconds: Int

  package var duration: Duration { .seconds(seconds) }

  package init?(_ text: String) {
    let units: [Character: Int] = ["s": 1, "m": 60, "h": 3_600]
    guard let unit = text.last.flatMap({ units[$0] }), let number = Int(text.dropLast()), number > 0,
      number <= 10_000_000
    else { return nil }
    seconds = number * unit
  }
}
