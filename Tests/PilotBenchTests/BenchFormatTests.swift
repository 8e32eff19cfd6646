import Testing

@testable import PilotBench

@Suite("Numbers in tables")
struct BenchFormatTests {
  @Test(
    "whole numbers have groups of three digits",
    arguments: [
      (0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567"), (-1_234, "-1,234"), (-12, "-12"),
    ])
  func count(number: Int, text: String) {
    #expect(BenchFormat.count(number) == text)
  }

  @Test(
    "other numbers have three digits",
    arguments: [
      (0, "0.000"), (0.0741, "0.074"), (0.9994, "0.999"), (0.9996, "1.00"), (4.321, "4.32"), (9.996, "10.0"),
      (12.34, "12.3"), (99.96, "100"), (12_345.6, "12,346"), (-4.5, "-4.50"), (-0.0001, "0.000"),
    ])
  func digits(number: Double, text: String) {
    #expect(BenchFormat.digits(number) == text)
  }

  @Test("what isn't known is a dash")
  func unknown() {
    #expect(BenchFormat.digits(nil) == "–")
    #expect(BenchFormat.digits(.infinity) == "–")
    #expect(BenchFormat.rate(nil) == "–")
    #expect(BenchFormat.rate(.nan) == "–")
  }
}
