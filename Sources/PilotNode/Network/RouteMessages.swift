import PilotWire

/// Reads what an rtnetlink socket receives (netlink(7), rtnetlink(7)): messages of `length:4 · type:2 · flags:2 · sequence:4 ·
/// port:4 · header · attributes`, each at a multiple of 4 bytes, all numbers in host order.
///
/// A message that is cut off, or whose lengths can't be, ends the reading; what isn't understood is passed over. Takes time in
/// proportion to the bytes, and remembers nothing.
enum RouteMessages {
  static func read(_ bytes: RawSpan, _ tell: (NetworkNews) -> Void) {
    var offset = 0
    while bytes.byteCount - offset >= 16 {
      let length = Int(bytes.hostOrder(at: offset, as: UInt32.self))
      guard length >= 16, length <= bytes.byteCount - offset else { return }
      let flags = bytes.hostOrder(at: offset + 6, as: UInt16.self)
      read(
        type: bytes.hostOrder(at: offset + 4), flags: flags, bytes.extracting(offset + 16..<offset + length), tell)
      offset += min((length + 3) & ~3, bytes.byteCount - offset)
    }
  }

  /// NLM_F_DUMP_INTR in linux/netlink.h.
  private static let interrupted: UInt16 = 0x10

  private static func read(type: UInt16, flags: UInt16, _ body: RawSpan, _ tell: (NetworkNews) -> Void) {
    if flags & interrupted != 0 { tell(.inconsistent) }
    switch type {
    case 2: tell(.refused)  // NLMSG_ERROR: acknowledgements are not asked for
    case 3: tell(.end)  // NLMSG_DONE
    case 16, 17: link(body, isGone: type == 17, tell)  // RTM_NEWLINK, RTM_DELLINK
    case 20, 21: address(body, isGone: type == 21, tell)  // RTM_NEWADDR, RTM_DELADDR
    case 24, 25: route(body, isGone: type == 25, tell)  // RTM_NEWROUTE, RTM_DELROUTE
    case 28: neighbour(body, tell)  // RTM_NEWNEIGH
    default: break
    }
  }

  /// `family:1 · 0:1 · type:2 · index:4 · flags:4 · changed:4`. The bridge's family is about ports of one, not about links.
  private static func link(_ body: RawSpan, isGone: Bool, _ tell: (NetworkNews) -> Void) {
    guard body.byteCount >= 16, body.byte(at: 0) == 0 else { return }
    let index = body.hostOrder(at: 4, as: UInt32.self)
    let flags = body.hostOrder(at: 8, as: UInt32.self)
    if isGone { return tell(.linkGone(index)) }
    // IFF_UP and IFF_RUNNING; IFF_LOOPBACK (netdevice(7)).
    tell(.link(index, isRunning: flags & 0x41 == 0x41, isLoopback: flags & 8 != 0))
  }

  /// `family:1 · prefix:1 · flags:1 · scope:1 · index:4`. Addresses of a single link, and of this machine alone, are left out.
  private static func address(_ body: RawSpan, isGone: Bool, _ tell: (NetworkNews) -> Void) {
    guard body.byteCount >= 8, body.byte(at: 3) < 253 else { return }
    let family = body.byte(at: 0)
    let index = body.hostOrder(at: 4, as: UInt32.self)
    var flags = UInt32(body.byte(at: 2))
    var address: Endpoint?
    var local: Endpoint?
    attributes(of: body.extracting(droppingFirst: 8)) { type, value in
      switch type {
      case 1: address = endpoint(value, family: family)  // IFA_ADDRESS: the other end's, if there is an IFA_LOCAL
      case 2: local = endpoint(value, family: family)  // IFA_LOCAL
      case 8 where value.byteCount >= 4: flags = value.hostOrder(at: 0)  // IFA_FLAGS
      default: break
      }
    }
    guard let own = local ?? address else { return }
    // IFA_F_TENTATIVE, IFA_F_DADFAILED.
    tell(isGone || flags & 0x48 != 0 ? .addressGone(own, on: index) : .address(own, on: index))
  }

  /// `family:1 · destination:1 · source:1 · tos:1 · table:1 · protocol:1 · scope:1 · type:1 · flags:4`.
  private static func route(_ body: RawSpan, isGone: Bool, _ tell: (NetworkNews) -> Void) {
    guard body.byteCount >= 12 else { return }
    let family = body.byte(at: 0)
    guard family == 2 || family == 10, body.byte(at: 1) <= (family == 2 ? 1 : 3) else { return }
    let flags = body.hostOrder(at: 8, as: UInt32.self)
    // RTN_UNICAST alone leads somewhere; RTM_F_CLONED is what the kernel has noted for one destination.
    guard body.byte(at: 7) == 1, flags & 0x200 == 0 else { return }
    var route = DefaultRoute(
      isIPv4: family == 2, length: body.byte(at: 1), table: UInt32(body.byte(at: 4)), interface: 0)
    var hops: [Hop] = []
    attributes(of: body.extracting(droppingFirst: 12)) { type, value in
      switch type {
      case 1 where value.byteCount > 0: route.prefix = value.byte(at: 0)  // RTA_DST
      case 4 where value.byteCount >= 4: route.interface = value.hostOrder(at: 0)  // RTA_OIF
      case 6 where value.byteCount >= 4: route.metric = value.hostOrder(at: 0)  // RTA_PRIORITY
      case 9: hops = Self.hops(value, family: family)  // RTA_MULTIPATH
      case 15 where value.byteCount >= 4: route.table = value.hostOrder(at: 0)  // RTA_TABLE
      default: route.gateway = gateway(type, value, family: family) ?? route.gateway
      }
    }
    if hops.isEmpty { hops = [Hop(flags: flags, interface: route.interface, gateway: route.gateway)] }
    for hop in hops {
      route.interface = hop.interface
      route.gateway = hop.gateway
      // RTNH_F_DEAD, RTNH_F_LINKDOWN.
      tell(isGone || hop.flags & 0x11 != 0 ? .routeGone(route) : .route(route))
    }
  }

  private struct Hop {
    var flags: UInt32
    var interface: UInt32
    var gateway: Endpoint?
  }

  /// `length:2 · flags:1 · hops:1 · interface:4 · attributes`, for each of them; 32 at most are read.
  private static func hops(_ list: RawSpan, family: UInt8) -> [Hop] {
    var hops: [Hop] = []
    var offset = 0
    while list.byteCount - offset >= 8, hops.count < 32 {
      let length = Int(list.hostOrder(at: offset, as: UInt16.self))
      guard length >= 8, length <= list.byteCount - offset else { break }
      var hop = Hop(flags: UInt32(list.byte(at: offset + 2)), interface: list.hostOrder(at: offset + 4))
      attributes(of: list.extracting(offset + 8..<offset + length)) { type, value in
        hop.gateway = gateway(type, value, family: family) ?? hop.gateway
      }
      hops.append(hop)
      offset += min((length + 3) & ~3, list.byteCount - offset)
    }
    return hops
  }

  /// RTA_GATEWAY, or RTA_VIA with a family of its own in front.
  private static func gateway(_ type: UInt16, _ value: RawSpan, family: UInt8) -> Endpoint? {
    switch type {
    case 5: endpoint(value, family: family)
    case 18 where value.byteCount > 2:
      endpoint(value.extracting(droppingFirst: 2), family: UInt8(clamping: value.hostOrder(at: 0, as: UInt16.self)))
    default: nil
    }
  }

  /// `family:1 · 0:3 · interface:4 · state:2 · flags:1 · type:1`.
  private static func neighbour(_ body: RawSpan, _ tell: (NetworkNews) -> Void) {
    guard body.byteCount >= 12 else { return }
    let family = body.byte(at: 0)
    var address: Endpoint?
    var link: [UInt8] = []
    attributes(of: body.extracting(droppingFirst: 12)) { type, value in
      switch type {
      case 1: address = endpoint(value, family: family)  // NDA_DST
      case 2: link = value.extracting(first: min(value.byteCount, 32)).copied()  // NDA_LLADDR
      default: break
      }
    }
    if let address, !link.isEmpty { tell(.neighbour(address, link)) }
  }

  /// `length:2 · type:2 · value`, each at a multiple of 4 bytes. The type's two highest bits say how it is encoded.
  private static func attributes(of body: RawSpan, _ each: (UInt16, RawSpan) -> Void) {
    var offset = 0
    while body.byteCount - offset >= 4 {
      let length = Int(body.hostOrder(at: offset, as: UInt16.self))
      guard length >= 4, length <= body.byteCount - offset else { return }
      each(body.hostOrder(at: offset + 2, as: UInt16.self) & 0x3FFF, body.extracting(offset + 4..<offset + length))
      offset += min((length + 3) & ~3, body.byteCount - offset)
    }
  }

  private static func endpoint(_ bytes: RawSpan, family: UInt8) -> Endpoint? {
    switch (family, bytes.byteCount) {
    case (2, 4): Endpoint(ipv4Address: bytes.bigEndian(at: 0), port: 0)
    case (10, 16): Endpoint(high: bytes.bigEndian(at: 0), low: bytes.bigEndian(at: 8), port: 0)
    default: nil
    }
  }
}

extension RawSpan {
  /// The integer of the machine's own byte order at `offset`.
  ///
  /// - Precondition: the whole integer lies inside the span.
  fileprivate func hostOrder<Value: FixedWidthInteger & BitwiseCopyable>(
    at offset: Int, as type: Value.Type = Value.self
  ) -> Value {
    Value(bigEndian: bigEndian(at: offset))
  }
}
