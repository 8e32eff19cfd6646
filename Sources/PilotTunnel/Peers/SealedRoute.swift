/// How packets go to a peer with a session.
struct SealedRoute: Sendable {
  let sealer: Sealer
  let route: TunnelRoute
  /// Whether each frame goes by the relay as well.
  let isDoubted: Bool

  init(_ sealer: Sealer, route: TunnelRoute, isDoubted: Bool) {
    self.sealer = sealer
    self.route = route
    self.isDoubted = isDoubted
  }
}
