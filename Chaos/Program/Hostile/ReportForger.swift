import ChaosCore
import FoundationEssentials
import PilotTesting
import PilotWire

/// Claims nodes that can prove nothing, and then tells the beacon, in the network's name, that they are gone.
///
/// It knows where they are, and that they are being probed. It doesn't know the probe, which only the node has got.
struct ReportForger {
  let population: Population
  let beacon: Endpoint

  /// Makes an attack.
  ///
  /// - Returns: How many reports were sent.
  /// - Throws: What is missing for that.
  func perform(_ strike: Strike, from claimant: HostileSocket) async throws(ChaosFailure) -> Int {
    let raw = try RawSocket()
    var random = SeededRandom(seed: strike.seed)
    let plain = population.ids.filter(population.isPlain).shuffled(using: &random)
    var sent = 0
    for number in plain.prefix(strike.count) {
      // What isn't answered in time was dropped, or the beacon is stopped.
      guard let node = NodeID(number), await claimant.ask([Discover(node: node).encoded()], within: .seconds(1)),
        let target = endpoint(of: number)
      else { continue }
      for payload in quotes(node, at: target, &random) {
        if raw.send(ForgedReport(of: payload, from: beacon, to: target).bytes, to: beacon) { sent += 1 }
      }
    }
    return sent
  }

  /// What the reports quote: no nonce, wrong ones, and less than all of a probe.
  private func quotes(_ node: NodeID, at endpoint: Endpoint, _ random: inout SeededRandom) -> [[UInt8]] {
    let reply = DiscoverReply(endpoint: endpoint).encoded()
    let named = reply + (0..<4).map { UInt8(truncatingIfNeeded: node.rawValue >> (24 - 8 * $0)) }
    var quotes = [reply, named]
    for _ in 0..<10 {
      quotes.append(named + (0..<16).map { _ in UInt8.random(in: 0...255, using: &random) })
    }
    let whole = quotes[quotes.count - 1]
    return quotes + [0, 4, reply.count + 2, whole.count - 1].map { Array(whole.prefix($0)) }
  }

  private func endpoint(of node: UInt32) -> Endpoint? {
    let address = Population.address(of: node)
    let list = FileManager.default.contents(atPath: "/proc/net/udp").map { String(decoding: $0, as: UTF8.self) }
    return list.flatMap { SocketList($0).port(at: address) }.map { Endpoint(ipv4Address: address, port: $0) }
  }
}
