// SPDX-License-Identifier: Apache-2.0
#include "delivery/web.h"

#include <curl/curl.h>
#include <strings.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "daemon/system/trust.h"

namespace seimon::delivery {

namespace {

using daemon::Driver;
using daemon::Message;
using Result = Attempt::Result;

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Headers = std::unique_ptr<curl_slist, FreeList>;

// The first line of `file`. Throws std::runtime_error, also if others may write to it. (That nobody else reads it is
// checked with the configuration: check_drivers.)
std::string read_secret(const std::string& file) {
  constexpr std::size_t kMostSecret = 4096;
  std::string secret = daemon::TrustedFile(file, geteuid()).text(kMostSecret);
  secret.erase(std::find_if(secret.begin(), secret.end(), [](char c) { return c == '\n' || c == '\r'; }), secret.end());
  return secret;
}

// Adds one, with its secret. Throws std::runtime_error.
void add_header(Headers& headers, const std::string& header) {
  std::string line = header;
  const std::string file = daemon::secret_file_of(header);
  if (!file.empty()) line.replace(line.size() - file.size() - 1, file.size() + 1, read_secret(file));
  curl_slist* longer = curl_slist_append(headers.get(), line.c_str());
  if (longer == nullptr) throw std::runtime_error("no memory for a header");
  (void)headers.release();
  headers.reset(longer);
}

Headers headers_of(const Driver& driver, const std::string& body) {
  Headers headers;
  bool has_type = false;
  for (const std::string& header : driver.headers) {
    add_header(headers, header);
    has_type = has_type || strncasecmp(header.c_str(), "Content-Type:", 13) == 0;
  }
  if (!body.empty() && !has_type)
    add_header(headers, body.front() == '{' ? "Content-Type: application/json; charset=utf-8"
                                            : "Content-Type: application/x-www-form-urlencoded");
  return headers;
}

// Throws away the bytes beyond kMostReply: the status alone says whether the message was taken.
std::size_t keep(char* bytes, std::size_t size, std::size_t count, void* reply) {
  auto* text = static_cast<std::string*>(reply);
  text->append(bytes, std::min(size * count, kMostReply - text->size()));
  return size * count;
}

template <class Value>
void set(CURL* call, CURLoption option, Value value) {
  if (curl_easy_setopt(call, option, value) != CURLE_OK) throw std::runtime_error("libcurl does not know an option");
}

}  // namespace

void start_web() {
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) throw std::runtime_error("libcurl cannot start");
}

Attempt send_by_web(const Driver& driver, const Message& message) {
  Attempt attempt{Result::kFailed, driver.name, ""};
  try {
    const std::unique_ptr<CURL, void (*)(CURL*)> call(curl_easy_init(), curl_easy_cleanup);
    if (!call) throw std::runtime_error("no memory");
    const std::string url = driver.url.filled(message, read_secret);
    const std::string body = driver.body.filled(message, read_secret);
    const Headers headers = headers_of(driver, body);
    std::string reply;
    set(call.get(), CURLOPT_URL, url.c_str());
    set(call.get(), CURLOPT_PROTOCOLS_STR, url.starts_with("https:") ? "https" : "http");
    set(call.get(), CURLOPT_FOLLOWLOCATION, 0L);
    set(call.get(), CURLOPT_PROXY, "");
    set(call.get(), CURLOPT_NOSIGNAL, 1L);
    set(call.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(std::chrono::milliseconds(driver.timeout).count()));
    set(call.get(), CURLOPT_USERAGENT, "seimon-delivery/" SEIMON_VERSION);
    set(call.get(), CURLOPT_HTTPHEADER, headers.get());
    set(call.get(), CURLOPT_WRITEFUNCTION, &keep);
    set(call.get(), CURLOPT_WRITEDATA, &reply);
    if (driver.method != "GET") {
      set(call.get(), CURLOPT_CUSTOMREQUEST, driver.method.c_str());
      set(call.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
      set(call.get(), CURLOPT_POSTFIELDS, body.c_str());
    }
    const CURLcode code = curl_easy_perform(call.get());
    long status = 0;
    (void)curl_easy_getinfo(call.get(), CURLINFO_RESPONSE_CODE, &status);
    // A reply that breaks off behind its status has that status.
    if (code != CURLE_OK && status == 0) {
      curl_off_t until_request = 0;
      (void)curl_easy_getinfo(call.get(), CURLINFO_PRETRANSFER_TIME_T, &until_request);
      if (until_request > 0) attempt.result = Result::kUnknown;
      attempt.detail = first_line(curl_easy_strerror(code));
      return attempt;
    }
    attempt.status = status;
    attempt.result = result_of_status(status);
    // The digits of a status are no secret.
    if (attempt.result != Result::kSent)
      attempt.detail = "HTTP status " + std::to_string(status) + ": " + first_line(reply);
    if (attempt.result == Result::kSent && reply.find(driver.ok_body) == std::string::npos)
      attempt = {Result::kUnknown, driver.name, "the reply does not contain ok_body: " + first_line(reply)};
  } catch (const std::runtime_error& error) {
    attempt.detail = first_line(error.what());
  }
  return attempt;
}

}  // namespace seimon::delivery
