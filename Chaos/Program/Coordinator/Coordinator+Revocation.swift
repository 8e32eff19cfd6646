import ChaosCore
import PilotFixtures

extension Coordinator {
  /// How long the beacon is given to take all proofs back before the keys return: more than it may take.
  private static var limit: Duration { .seconds(5) }

  /// Takes keys out of the nodes file, or replaces them there, and puts them back.
  ///
  /// - Parameter duration: How long they are away at least, in milliseconds.
  mutating func revoke(_ round: Round, for duration: Int) async throws {
    let before = try await beacon.counts()["revocations_total"]
    let goal = before + round.revocations(of: .udp)
    let begin = ContinuousClock.now
    try credentials.writeNodes(without: round.revocations)
    while try await beacon.counts()["revocations_total"] < goal, begin.duration(to: .now) < Self.limit {
      try await Task.sleep(for: .milliseconds(50))
    }
    observations.revokedAfter = begin.duration(to: .now).milliseconds
    try await Task.sleep(until: begin.advanced(by: .milliseconds(duration)), clock: .continuous)
    try credentials.writeNodes()
    summary.faults[.revoked, default: 0] += 1
  }
}
