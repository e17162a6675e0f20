// SPDX-License-Identifier: Apache-2.0
#include "tools/letter/page.h"

#include <cairo/cairo-pdf.h>
#include <pango/pangocairo.h>

#include <memory>
#include <sstream>
#include <stdexcept>

#include "qr/qr.h"

namespace seimon::letter {

namespace {

// PostScript points. A4 and its margins.
constexpr double kWidth = 595.28;
constexpr double kHeight = 841.89;
constexpr double kMargin = 56;
constexpr double kGap = 8;
constexpr double kSquare = 150;
constexpr const char* kFont = "Noto Sans CJK JP,IPAGothic,VL Gothic,DejaVu Sans 10";

cairo_status_t append(void* bytes, const unsigned char* data, unsigned int length) {
  static_cast<std::string*>(bytes)->append(reinterpret_cast<const char*>(data), length);
  return CAIRO_STATUS_SUCCESS;
}

std::string escaped(const std::string& text) {
  const std::unique_ptr<char, decltype(&g_free)> markup(g_markup_escape_text(text.c_str(), -1), g_free);
  return markup.get();
}

// One pass: what a value holds is not looked at again.
std::string filled(const std::string& line, const Values& values) {
  std::string result;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t end = line[at] == '{' ? line.find('}', at) : std::string::npos;
    const auto found = end == std::string::npos ? values.end() : values.find(line.substr(at + 1, end - at - 1));
    if (found == values.end()) {
      result += line[at++];
      continue;
    }
    result += escaped(found->second);
    at = end + 1;
  }
  return result;
}

class Page {
 public:
  Page()
      : surface_(cairo_pdf_surface_create_for_stream(append, &bytes_, kWidth, kHeight), cairo_surface_destroy),
        context_(cairo_create(surface_.get()), cairo_destroy) {}

  void add_text(const std::string& markup) {
    const std::unique_ptr<PangoLayout, decltype(&g_object_unref)> layout(pango_cairo_create_layout(context_.get()),
                                                                         g_object_unref);
    const std::unique_ptr<PangoFontDescription, decltype(&pango_font_description_free)> font(
        pango_font_description_from_string(kFont), pango_font_description_free);
    if (pango_parse_markup(markup.c_str(), -1, 0, nullptr, nullptr, nullptr, nullptr) == FALSE)
      throw std::runtime_error("is no Pango markup");
    pango_layout_set_font_description(layout.get(), font.get());
    pango_layout_set_width(layout.get(), static_cast<int>((kWidth - 2 * kMargin) * PANGO_SCALE));
    pango_layout_set_wrap(layout.get(), PANGO_WRAP_WORD_CHAR);
    pango_layout_set_markup(layout.get(), markup.c_str(), -1);
    int width = 0;
    int height = 0;
    pango_layout_get_pixel_size(layout.get(), &width, &height);
    cairo_move_to(context_.get(), kMargin, at_);
    pango_cairo_show_layout(context_.get(), layout.get());
    advance(height + 2);
  }

  void add_qr(const std::string& link) {
    const qr::Modules modules = qr::modules_of(link, 0);
    const double module = kSquare / static_cast<double>(modules.size());
    for (std::size_t y = 0; y < modules.size(); ++y)
      for (std::size_t x = 0; x < modules.size(); ++x)
        if (modules[y][x])
          cairo_rectangle(context_.get(), kMargin + kGap + static_cast<double>(x) * module,
                          at_ + kGap + static_cast<double>(y) * module, module, module);
    cairo_fill(context_.get());
    advance(kSquare + 3 * kGap);
  }

  void advance(double points) {
    at_ += points;
    if (at_ > kHeight - kMargin / 2) throw std::runtime_error("does not fit on the page");
  }

  std::string finish() {
    cairo_show_page(context_.get());
    cairo_surface_finish(surface_.get());
    if (cairo_surface_status(surface_.get()) != CAIRO_STATUS_SUCCESS) throw std::runtime_error("no PDF can be made");
    return std::move(bytes_);
  }

 private:
  std::string bytes_;
  std::unique_ptr<cairo_surface_t, decltype(&cairo_surface_destroy)> surface_;
  std::unique_ptr<cairo_t, decltype(&cairo_destroy)> context_;
  double at_ = kMargin;
};

}  // namespace

std::string page_of(const std::string& layout, const Values& values, const std::string& link) {
  Page page;
  std::istringstream lines(layout);
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    try {
      if (line.starts_with("#")) continue;
      if (line.empty()) page.advance(kGap);
      else if (line == "{qr}" && !link.empty()) page.add_qr(link);
      else if (line != "{qr}") page.add_text(filled(line, values));
    } catch (const std::runtime_error& error) {
      throw std::runtime_error("line " + std::to_string(number) + " of the template " + error.what());
    }
  }
  return page.finish();
}

}  // namespace seimon::letter
