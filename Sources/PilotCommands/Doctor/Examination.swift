import PilotTransport
import PilotWSS

/// Looks at each layer between this machine and its beacons, all ways and all beacons at the same time, and tells each finding as
/// soon as it is known and those before it are told.
struct Examination: Sendable {
  /// What looks. Tests put others in their places.
  struct Inquiries: Sendable {
    var names: @Sendable (DoctorPlan) async throws -> [NameFacts] = {
      try await NameInquiry.run($0.hosts, given: $0.addresses)
    }
    var datagrams: @Sendable ([DatagramFacts.Beacon]) async throws -> DatagramFacts = {
      try await DatagramInquiry.run($0)
    }
    var sizes: @Sendable (DatagramFacts.Answer) async throws -> SizeFacts = {
      try await SizeInquiry.run(towards: $0)
    }
    var connection:
      @Sendable (WSSTransport.Configuration, DoctorPlan, @escaping ConnectionInquiry.Update) async throws -> Void = {
        try await ConnectionInquiry.run($0, hasIdentity: $1.hasIdentity, idle: $1.idle, update: $2)
      }
  }

  let plan: DoctorPlan
  var inquiries = Inquiries()
  /// Told each finding, in the order of ``DoctorCheck``.
  let tell: @Sendable (Finding) async throws -> Void

  /// - Returns: The verdict.
  func run() async throws -> Verdict {
    let connections = try plan.connections.map { configuration throws(TransportError) in
      try ConnectionFacts(configuration, hasIdentity: plan.hasIdentity, idle: plan.idle)
    }
    let board = FactBoard(DoctorFacts(connections: connections))
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await askOverUDP(board) }
      for (place, configuration) in plan.connections.enumerated() {
        group.addTask {
          try await inquiries.connection(configuration, plan) { change in
            board.update { change(&$0.connections[place]) }
          }
        }
      }
      group.addTask {
        for check in DoctorCheck.allCases { try await tell(board.facts(knowing: check).finding(check)) }
      }
      // What fails ends the others.
      while try await group.next() != nil {}
    }
    return Verdict(board.facts)
  }

  /// Names first: they say where to ask.
  private func askOverUDP(_ board: FactBoard) async throws {
    let names = try await inquiries.names(plan)
    board.update { $0.names = names }
    let datagrams = try await inquiries.datagrams(plan.targets(names))
    board.update { $0.datagrams = datagrams }
    guard let nearest = datagrams.answers.min(by: { $0.roundTrip < $1.roundTrip }) else {
      return board.update { $0.sizes = .notTried }
    }
    let sizes = try await inquiries.sizes(nearest)
    board.update { $0.sizes = .tried(sizes) }
  }
}
