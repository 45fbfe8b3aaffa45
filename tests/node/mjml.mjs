// MJML on standard input; its HTML and its complaints, as JSON, on standard output.
import mjml2html from 'mjml'

let source = ''
for await (const part of process.stdin) source += part
const { html, errors } = await mjml2html(source, { fonts: {}, validationLevel: 'soft' })
process.stdout.write(JSON.stringify({ html, errors: errors.map(one => one.formattedMessage) }))
