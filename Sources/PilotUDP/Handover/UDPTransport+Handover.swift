package import PilotTransport
package import PilotWire

extension UDPTransport {
  /// Carries frames over sockets that came from another process, all bound to one address: what one of them says of the address
  /// that a frame was written to means the same to all of them.
  ///
  /// - Parameters:
  ///   - inherited: At least one. Closed with the transports, or if this throws.
  ///   - count: So many sockets are wanted: further ones are bound beside them, as far as that is allowed: SO_REUSEPORT has to be on
  ///     the first, and none of them another user's, as those are that a supervisor has bound as root.
  ///   - configuration: As for ``adopt(descriptor:_:)``.
  /// - Throws: As ``adopt(descriptor:_:)``, and ``bind(_:)`` for the further ones.
  package static func adoptGroup(
    _ inherited: [InheritedDescriptor], growingTo count: Int, _ configuration: Configuration = Configuration()
  ) throws(TransportError) -> [UDPTransport] {
    let shares = inherited.first?.sharesPort ?? false
    var group: [UDPTransport] = []
    for socket in inherited {
      guard let descriptor = socket.take() else { continue }
      let opened: OpenedSocket
      do throws(TransportError) {
        opened = try OpenedSocket.adopt(descriptor, configuration)
      } catch {
        // It has stayed the caller's.
        InheritedDescriptor(owning: descriptor).close()
        throw error
      }
      group.append(try UDPTransport(opened, configuration: configuration, sharing: group.first?.locals))
    }
    var further = configuration
    further.sharesPort = true
    while shares, let first = group.first, group.count < count {
      further.bindTo = first.localEndpoint
      let opened: OpenedSocket
      do throws(TransportError) {
        opened = try OpenedSocket.bind(further)
      } catch {
        // Sockets share an address with those of one user alone (`udp_lib_lport_inuse` in Linux's net/ipv4/udp.c). Those that there
        // are serve all the same.
        guard (error.cause as? SystemError)?.isAddressTaken == true else { throw error }
        break
      }
      group.append(try UDPTransport(opened, configuration: further, sharing: first.locals))
    }
    return group
  }

  /// Another descriptor of the socket, to be given to another process; nil when the transport is closed, or there is none left.
  package func duplicateDescriptor() -> InheritedDescriptor? {
    guard let descriptor = socket.enter() else { return nil }
    defer { socket.leave() }
    return InheritedDescriptor.duplicating(descriptor)
  }

  /// The addresses of this machine that frames were written to, in the order of their numbers, at port 0: of the whole group.
  package var localAddresses: [Endpoint] { locals?.all ?? [] }

  /// Takes over the numbers of another process's transport on the same socket, behind those that are known. Only before anything is
  /// received.
  package func adopt(localAddresses addresses: [Endpoint]) { locals?.adopt(addresses) }
}
