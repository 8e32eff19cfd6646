/// Seeds of random sequences: some that stay, and new ones in each run. A failure names the seed; one that once failed
/// is kept as an explicit argument of its test.
package enum Seeds {
  package static let all: [UInt64] = Array(1...20) + (0..<20).map { _ in UInt64.random(in: 1_000...UInt64.max) }
}
