/** Classic scripts of /static/vendor, read as globals by our modules. */
declare var L: any;
declare var protomapsL: any;
declare var SwaggerUIBundle: any;
