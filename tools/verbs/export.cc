// SPDX-License-Identifier: Apache-2.0
// seimon export: for leaving again. Everybody's keys, readable, in a file that is root's alone; asked for, and in the
// trail.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tools/enroll/proof.h"
#include "tools/import/csv.h"
#include "tools/import/pskc.h"
#include "tools/reports/reporting.h"
#include "tools/system/files.h"
#include "tools/terminal/client.h"
#include "tools/terminal/options.h"
#include "tools/terminal/terminal.h"
#include "tools/terminal/words.h"
#include "tools/verbs/verb.h"

namespace seimon::tools {

namespace verb_export {
namespace {

using nlohmann::json;

std::string format;
std::string file;
std::string user;
LockOptions lock;

void add(Options& options) {
  options.add_option("format", format, "pskc, csv or otpauth").required().one_of({"pskc", "csv", "otpauth"});
  options.add_option("file", file, "new file to write").required();
  options.add_option("-u,--user", user, "one user only");
  lock.add_to(options);
}

std::string hex_of_base32(const std::string& text) {
  std::string hex;
  unsigned bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    bits = bits << 5U | static_cast<unsigned>(c >= 'A' ? c - 'A' : c - '2' + 26);
    for (count += 5; count >= 4; count -= 4) hex += "0123456789abcdef"[bits >> (count - 4) & 15U];
  }
  if (hex.size() % 2 != 0) hex.pop_back();  // the bits that fill the last letter
  return hex;
}

// RFC 3986: what is not unreserved.
std::string percent(const std::string& text) {
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = std::isalnum(byte) != 0 || c == '-' || c == '.' || c == '_' || c == '~';
    char code[4] = {c, '\0'};
    if (!plain) (void)std::snprintf(code, sizeof code, "%%%02X", byte);
    result += code;
  }
  return result;
}

std::string link_of(const json& row, const std::string& issuer) {
  const bool by_time = row.contains("period");
  return std::string("otpauth://") + (by_time ? "totp/" : "hotp/") + percent(issuer) + ":" +
         percent(row.at("user").get<std::string>()) + "?secret=" + row.at("secret").get<std::string>() +
         "&issuer=" + percent(issuer) + "&algorithm=" + row.at("algorithm").get<std::string>() +
         "&digits=" + row.at("digits").dump() + (by_time ? "&period=" : "&counter=") +
         row.at(by_time ? "period" : "counter").dump() + "\n";
}

// The columns that `seimon import csv` reads.
std::string csv_of(const json& rows) {
  std::string text = "user,secret,label,kind,algorithm,digits,period,counter\n";
  for (const auto& row : rows) {
    text += csv_cell(row.at("user")) + "," + row.at("secret").get<std::string>() + "," + csv_cell(row.at("label"));
    for (const char* key : {"kind", "algorithm"}) text += "," + row.at(key).get<std::string>();
    for (const char* key : {"digits", "period", "counter"}) text += "," + (row.contains(key) ? row.at(key).dump() : "");
    text += "\n";
  }
  return text;
}

json rows_of(Client& client) {
  json rows = json::array();
  const std::vector<std::string> users = user.empty() ? known_users(client) : std::vector<std::string>{user};
  for (const std::string& name : users) {
    json methods = client.call("Export", {{"user", name}}).at("methods");
    for (auto& method : methods) {
      method["user"] = name;
      rows.push_back(std::move(method));
    }
  }
  return rows;
}

std::string text_of(json rows, const std::string& issuer) {
  if (format == "csv") return csv_of(rows);
  if (format == "pskc") {
    for (auto& row : rows) row["secret"] = hex_of_base32(row.at("secret"));
    return run_pskc("write", {{"rows", rows}}, lock, file).at("document");
  }
  std::string text;
  for (const auto& row : rows) text += link_of(row, issuer);
  return text;
}

int run(const Common& common) {
  demand_new(file);
  Client client(common);
  const std::string issuer = client.call("ShowConfig", json::object()).at("issuer");
  if (!common.yes &&
      !ask_yes("Write the keys of " + (user.empty() ? "everybody" : user) + " to " + file + ", readable?"))
    return kNo;
  const json rows = rows_of(client);
  write_new_file(file, text_of(rows, issuer));
  if (common.json) print_json(json({{"file", file}, {"methods", rows.size()}}));
  else
    std::printf(
        "%s: %zu methods. Whoever reads it can log in as these people; codes used here are not known as used there\n",
        file.c_str(), rows.size());
  return kDone;
}

}  // namespace
}  // namespace verb_export

extern const VerbRow kExport = {.name = "export",
                                .help = N_("write the methods for another program"),
                                .examples = "seimon export csv methods.csv",
                                .has_json = true,
                                .add = verb_export::add,
                                .run = verb_export::run};

}  // namespace seimon::tools
