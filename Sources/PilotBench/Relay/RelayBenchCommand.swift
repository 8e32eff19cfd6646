import ArgumentParser
import PilotConsole
import PilotIdentity
import PilotTransport
import PilotWSS
import PilotWire

/// `pilot bench relay`: what a beacon can do, this one or any other.
struct RelayBenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "relay",
    abstract: "Measure a beacon: how much it relays, what that costs it, how long it takes.",
    discussion: """
      Without an address it starts this program's beacon for each measurement, as a process of its own on loopback. \
      Nodes on all carriers are in this process, and share the machine with the beacon.

      flood  at most --window frames are under way between a sender and a receiver that count them in this process; \
      nothing is acknowledged on the wire. If none arrives for 100 ms, those under way are written off
      ping   one frame there and back at a time
      paced  --rate frames a second, one by one, and how long each takes one way
      idle   processor time to let --idle-peers WebSocket peers in, and memory while they do nothing and again when each has \
      sent itself 10 frames
      stall  ping, without and with another WebSocket peer that is sent --rate frames a second and reads nothing; pings \
      are thought to be due every millisecond, so that a long one counts as often as it held others up
      attack paced in all cells at once, and ten nodes that attach meanwhile, beside a stranger at 127.0.0.66 who does what \
      --attack says, and once without one; the beacon's memory is looked at again 30 s later. The other modes' own beacon has \
      no limit to what a source relays (--relay-rate 0), this one's has the default

      --length is the relayed payload's; on its way to the beacon a frame has 9 bytes more, and 5 from there. WebSocket \
      nodes have the IDs from --first-node on, all with the key of --identity; UDP nodes have random ones.

      Example: this beacon, then another one.
        pilot bench relay --cell udp-udp --mode flood --mode ping
        pilot bench relay --udp 127.0.0.1:9001 --url ws://127.0.0.1:9443 --identity id.json --first-node 1 \
      --beacon-pid 4711
      """)

  @Option(help: ArgumentHelp("The beacon's UDP address. (default: a beacon of its own)", valueName: "host:port"))
  var udp: String?

  @Option(
    help: ArgumentHelp("The beacon's WebSocket URL: ws://… or wss://…; one of each at most.", valueName: "url"))
  var url: [String] = []

  @Option(help: ArgumentHelp("Trust the certificate authorities in this PEM file.", valueName: "file"))
  var ca: String?

  @Option(help: ArgumentHelp("The identity that the beacon knows the WebSocket nodes by.", valueName: "file"))
  var identity: String?

  @Option(help: ArgumentHelp("The first WebSocket node's ID. (default: 1)", valueName: "id"))
  var firstNode: Int?

  @Option(
    help: ArgumentHelp("The beacon's process, for its processor time and memory.", valueName: "pid"))
  var beaconPid: Int?

  @Option(
    help: ArgumentHelp(
      "From which kind of node to which; repeatable.",
      discussion: "The default is all that the beacon has, and for stall wss-wss and udp-udp."))
  var cell: [BenchCell] = []

  @Option(help: "What to measure; repeatable. (default: flood, ping)")
  var mode: [RelayBenchMode] = []

  @Option(help: "What the stranger does; repeatable. (default: all)")
  var attack: [BenchAttack] = []

  @Flag(help: "Floods send by the batch. (default: UDP nodes both ways, others by the batch)")
  var batched = false

  @Flag(help: "Floods send frames one by one.")
  var single = false

  @Option(help: ArgumentHelp("Frames under way at most, in a flood. (default: 256)", valueName: "frames"))
  var window: Int?

  @Option(help: ArgumentHelp("Bytes of the relayed payload. (default: 1200)", valueName: "bytes"))
  var length: Int?

  @Option(help: ArgumentHelp("How long to send, for each measurement. (default: 2)", valueName: "seconds"))
  var seconds: Double?

  @Option(help: ArgumentHelp("Frames per second. (default: paced 1000, stall 20000, attack 250)", valueName: "frames"))
  var rate: Int?

  @Option(help: ArgumentHelp("Peers of the mode idle, on each carrier. (default: 5000)", valueName: "count"))
  var idlePeers: Int?

  @Option(
    help: ArgumentHelp(
      "Nodes that the beacon knows during a flood to UDP nodes, which then goes to them at random.",
      valueName: "count"))
  var registeredNodes: Int?

  @Flag(help: "Print one line of JSON for each measurement.")
  var json = false

  @OptionGroup var globals: GlobalOptions

  /// What is open besides the peers: sockets of other nodes, event loops, standard streams.
  private static let otherDescriptors = 128

  func run() async throws {
    let settings = try Settings(globals, of: Self.self, section: .benchRelay)
    let plan = try plan(settings)
    let foreign = try foreignBeacon(settings)
    let output = BenchOutput(isJSON: try settings.bool(json, "json"))
    let identity = try settings.string(identity, "identity")
    let first = try settings.int(firstNode, "first-node", in: 1...Int(UInt32.max), default: 1)
    guard let first = NodeID(UInt32(clamping: first)) else { return }
    if DescriptorLimit.raise() < plan.idlePeers + Self.otherDescriptors {
      throw CommandFailure.usage(
        "so many peers need more open files than this process may have",
        hint: "raise the hard limit, or take fewer peers")
    }
    try await BenchSession.run(settings, output: output) {
      if let foreign {
        let key = try identity.map { try Identity.load(from: $0) } ?? Identity()
        let numbers = NodeNumbers(identity: key, path: identity, first: first)
        return try await RelayBench(plan: plan, beacons: .foreign(foreign), numbers: numbers, output: output).run()
      }
      let credentials = try BenchCredentials(nodes: plan.provenNodes)
      defer { credentials.remove() }
      let numbers = NodeNumbers(
        identity: credentials.identity, path: credentials.identityPath, first: first)
      let own = BeaconSupply.own(credentials, connections: max(10_000, plan.idlePeers + 64))
      try await RelayBench(plan: plan, beacons: own, numbers: numbers, output: output).run()
    }
  }

  func plan(_ settings: Settings) throws -> RelayBenchPlan {
    let cells = try settings.values(cell, "cell")
    let modes = try settings.values(mode, "mode")
    var plan = try RelayBenchPlan(
      cells: cells,
      modes: modes.isEmpty ? [.flood, .ping] : modes,
      batched: settings.eitherOrBoth(single, "single", batched, "batched"),
      window: settings.int(window, "window", in: 1...1_000_000, default: 256),
      rate: settings.int(rate, "rate", in: 1...1_000_000),
      length: settings.int(length, "length") ?? 1_200,
      duration: settings.seconds(seconds, "seconds", default: 2),
      idlePeers: modes.contains(.idle)
        ? settings.int(idlePeers, "idle-peers", in: 1...1_000_000, default: 5_000) : 0,
      registeredNodes: settings.int(registeredNodes, "registered-nodes", in: 1...10_000_000))
    let attacks = try settings.values(attack, "attack")
    if !attacks.isEmpty { plan.attacks = attacks }
    try plan.validate()
    return plan
  }

  func foreignBeacon(_ settings: Settings) throws -> MeasuredBeacon? {
    var beacon = MeasuredBeacon()
    if let udp = try settings.string(udp, "udp") { beacon.udp = try ListenAddress.resolve(udp, option: "udp") }
    for text in try settings.strings(url, "url") {
      let url: WSSURL
      do throws(TransportError) {
        url = try WSSURL(parsing: text)
      } catch {
        throw CommandFailure.usage(error.message)
      }
      if url.isSecure { beacon.wss = url } else { beacon.ws = url }
    }
    beacon.certificateAuthorities = try settings.string(ca, "ca")
    beacon.process = try settings.int(beaconPid, "beacon-pid").map { Int32(clamping: $0) }
    guard beacon.carriers.isEmpty else { return beacon }
    if beacon.process != nil || beacon.certificateAuthorities != nil {
      throw CommandFailure.usage(
        "something is said of a beacon, but not where it is", hint: "give its addresses with --udp and --url")
    }
    return nil
  }
}
