// SPDX-License-Identifier: Apache-2.0
// Whatever a browser sends to the page: a request whose parts are text, or a refusal; and text from outside ends
// neither a tag nor a value in HTML. The input: target, cookies, form, other headers, with a line break between them.
#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/characters.h"
#include "web/html.h"
#include "web/http.h"

using namespace seimon::web;

namespace {

std::string take_line(std::string_view& rest) {
  const std::string_view line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  return std::string(line);
}

void check_fields(const Fields& fields) {
  if (fields.size() > kMostFields) std::abort();
  for (const auto& [name, value] : fields)
    if (!seimon::base::is_text(name) || !seimon::base::is_text(value) || value.size() > kMostValue) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const std::string html = escaped_html(rest);
  if (html.find_first_of("<>\"'") != std::string::npos || !seimon::base::is_text(html)) std::abort();
  RawRequest raw;
  raw.method = size % 2 == 0 ? "GET" : "POST";
  raw.target = take_line(rest);
  raw.cookie = take_line(rest);
  raw.body = take_line(rest);
  raw.accept_language = take_line(rest);
  raw.address = size % 3 == 0 ? take_line(rest) : "203.0.113.7";
  raw.content_type = "application/x-www-form-urlencoded";
  try {
    const Request request = parse_request(std::move(raw));
    check_fields(request.query);
    check_fields(request.form);
    for (const std::string& segment : request.path) {
      if (!seimon::base::is_text(segment)) std::abort();
      if (form_decoded(url_encoded(segment), false) != segment) std::abort();
    }
  } catch (const BadRequest& bad) {
    if (bad.status < 400 || bad.status > 499) std::abort();
  }
  return 0;
}
