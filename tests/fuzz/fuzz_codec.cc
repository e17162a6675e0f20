// SPDX-License-Identifier: Apache-2.0
// Whatever arrives on the socket: never a crash, and what is understood comes back the same.
#include <cstdlib>
#include <string_view>

#include "wire/codec.h"
#include "wire/relay.h"

using namespace seimon::wire;

namespace {

template <class Message>
void read_and_write_again(std::string_view parameters) {
  Message message;
  if (!read_parameters(parameters, message)) return;
  static char buffer[kMaxCall];
  const std::string_view written = write_call(message, buffer, sizeof buffer);
  if (written.empty()) return;
  Envelope envelope;
  Message again;
  if (!read_envelope(written.substr(0, written.size() - 1), envelope) || !read_parameters(envelope.parameters, again))
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  Envelope envelope;
  if (!read_envelope({reinterpret_cast<const char*>(data), size}, envelope)) return 0;
  read_and_write_again<Open>(envelope.parameters);
  read_and_write_again<Answer>(envelope.parameters);
  read_and_write_again<Void>(envelope.parameters);
  read_and_write_again<Account>(envelope.parameters);
  read_and_write_again<RelayHost>(envelope.parameters);
  read_and_write_again<RelayBegin>(envelope.parameters);
  Reply reply;
  const bool understood = read_parameters(envelope.parameters, reply);
  const Verdict verdict = verdict_of(reply.verdict.view());
  if (understood && verdict == Verdict::kAccepted && reply.verdict.view() != "accepted") std::abort();
  return 0;
}
