import PilotTransport
import PilotWire

/// Decides which news of the network matter to a node, and joins those of one event to one change.
///
/// What matters: default routes; and addresses and links of interfaces that have one, or had one before. The interfaces of
/// containers, which come and go, have none on the machine that runs them. As long as there never was any default route, all
/// interfaces but loopback count.
///
/// News only say that something happens: the kernel takes IPv4 routes away without a word when a link goes down
/// (`fib_disable_ip` in Linux's net/ipv4/fib_frontend.c). So when it has been quiet for ``quiet``, or ``longest`` after the first
/// news, the network is surveyed as a whole, and that is what the next news are compared with. Something that happened and
/// was undone counts: what was in flight meanwhile is lost.
///
/// At most ``burst`` surveys come at once, and one a second from then on, however much happens.
struct NetworkChangeDetector {
  static let quiet = Duration.milliseconds(100)
  static let longest = Duration.milliseconds(250)
  static let burst = 8
  /// How many interfaces are remembered that had a default route. The oldest go.
  static let usedCapacity = 64

  private(set) var view: NetworkView
  /// The newest last.
  private var used: [UInt32] = []
  private var change: NetworkChange = []
  private var first: MonotonicInstant?
  /// When the network is to be surveyed; nil while nothing has happened.
  private(set) var deadline: MonotonicInstant?
  private var budget = RateLimit(perSecond: 1, burst: Self.burst)

  /// Begins with how things stand.
  init(_ view: NetworkView) {
    self.view = view
    noteUse()
  }

  /// The kernel tells something.
  mutating func on(_ news: NetworkNews, at now: MonotonicInstant) {
    let meaning = meaning(of: news)
    if !meaning.isEmpty { note(meaning, at: now) }
  }

  /// The kernel told something that nobody has read.
  mutating func missed(at now: MonotonicInstant) { note(.missed, at: now) }

  /// Whether to survey the network now. If so, ``surveyed(_:)`` has to follow.
  mutating func isDue(at now: MonotonicInstant) -> Bool {
    guard let deadline, deadline <= now else { return false }
    guard budget.admits(at: now.nanoseconds) else {
      self.deadline = now.advanced(by: Self.longest)
      return false
    }
    return true
  }

  /// The network was surveyed.
  ///
  /// - Parameter view: How it stands; nil if the kernel didn't say.
  /// - Returns: What has changed.
  mutating func surveyed(_ view: NetworkView?) -> NetworkChange {
    defer {
      change = []
      first = nil
      deadline = nil
    }
    guard let view else { return change.union(.missed) }
    let old = self.view
    self.view = view
    noteUse()
    return change.union(view.change(since: old) { counts($0) })
  }

  private mutating func note(_ kinds: NetworkChange, at now: MonotonicInstant) {
    change.formUnion(kinds)
    let first = self.first ?? now
    self.first = first
    deadline = min(now.advanced(by: Self.quiet), first.advanced(by: Self.longest))
  }

  private func counts(_ index: UInt32) -> Bool {
    if view.interfaces[index]?.isLoopback ?? false { return false }
    return used.isEmpty || used.contains(index)
  }

  private mutating func noteUse() {
    for index in Set(view.routes.map(\.interface)).sorted() where index != 0 {
      used.removeAll { $0 == index }
      used.append(index)
    }
    if used.count > Self.usedCapacity { used.removeFirst(used.count - Self.usedCapacity) }
  }

  private func meaning(of news: NetworkNews) -> NetworkChange {
    switch news {
    case .link(let index, let isRunning, let isLoopback):
      !isLoopback && counts(index) && isRunning != (view.interfaces[index]?.isRunning ?? false) ? .links : []
    case .linkGone(let index):
      counts(index) && view.interfaces[index] != nil ? .links : []
    case .address(let address, let index):
      counts(index) && !has(address, on: index) ? .addresses : []
    case .addressGone(let address, let index):
      counts(index) && has(address, on: index) ? .addresses : []
    case .route(let route):
      view.routes.contains(route) ? [] : .defaultRoute
    case .routeGone(let route):
      view.routes.contains(route) ? .defaultRoute : []
    case .neighbour, .end, .inconsistent, .refused:
      []
    }
  }

  private func has(_ address: Endpoint, on index: UInt32) -> Bool {
    view.interfaces[index]?.addresses.contains(address) ?? false
  }
}
